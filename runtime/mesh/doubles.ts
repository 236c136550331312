/**
 * Two machines with one identity, as after a data folder was copied: whoever meets both says so, and tells them. Each process
 * tells a number of its own in libp2p's identify, which every connection begins with.
 */
import type { Connection, IdentifyResult, Libp2p, Stream } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import type { Clock } from "../clock.ts";
import type { MeshEvent } from "./contract.ts";
import { MAX_ADDRESS_LENGTH } from "./limits.ts";
import { Lives } from "./lives.ts";

/** A stream of this protocol carries the address at which the other one was met, and nothing else. */
const PROTOCOL = "/skein/double";
const TELL_TIMEOUT = 5_000;
/** It stays true until somebody does something about it. */
const TELL_INTERVAL = 600_000;

const WHAT_TO_DO =
  "as after a data folder was copied. On one of the two machines stop Skein, remove identity.key from " +
  "its data folder and start it again: it is a device of its own then.";

export interface DoublesOptions {
  readonly libp2p: Libp2p;
  readonly clock: Clock;
  /** What people call a device; its id where that is not known. */
  nameOf(device: string): string;
  emit(event: MeshEvent): void;
}

/** Noticing machines that share an identity. */
export interface Doubles {
  /** mDNS tells of this very device at addresses that are not its own. */
  sightedSelf(addresses: readonly string[]): void;
  /** Whether two machines with this identity were met lately: whoever has the session then keeps it. */
  isDouble(device: string): boolean;
}

/** What this process calls itself in libp2p's identify. */
export function drawAgent(): string {
  return `skein/${crypto.randomUUID().replaceAll("-", "")}`;
}

/** Begins to notice them. */
export async function noticeDoubles({ libp2p, clock, nameOf, emit }: DoublesOptions): Promise<Doubles> {
  const self = libp2p.peerId.toString();
  const lives = new Lives<Connection>(({ status }) => status === "open");
  const told = new WeakSet<Connection>();
  const saidAt = new Map<string, number>();

  function say(device: string, sentence: string): void {
    if (clock.now() - (saidAt.get(device) ?? -Infinity) < TELL_INTERVAL) return;
    saidAt.set(device, clock.now());
    emit({ type: "double", device, sentence: `${sentence}, ${WHAT_TO_DO}` });
  }
  function sayOfSelf(where: string): void {
    say(self, `Another machine${where} has the identity of this device`);
  }
  function identified({ peerId, agentVersion, connection }: IdentifyResult): void {
    const [, life] = agentVersion?.match(/^skein\/([0-9a-f]{32})$/) ?? [];
    const device = peerId.toString();
    const others = life === undefined ? undefined : lives.met(device, life, connection, clock.now());
    if (others === undefined) return;
    const [other] = others;
    const hosts = new Set([connection, ...other === undefined ? [] : [other]].map(hostOf));
    say(device, `${nameOf(device)} is there twice, at ${[...hosts].join(" and ")}: two machines have its identity`);
    if (!told.has(connection)) void tell(connection, other);
    for (const one of others) if (!told.has(one)) void tell(one, connection);
  }
  async function tell(connection: Connection, other: Connection | undefined): Promise<void> {
    told.add(connection);
    try {
      const stream = await connection.newStream(PROTOCOL, { signal: AbortSignal.timeout(TELL_TIMEOUT) });
      stream.send(new TextEncoder().encode(other === undefined ? "-" : hostOf(other)));
      await stream.close({ signal: AbortSignal.timeout(TELL_TIMEOUT) });
    } catch {
      // It has gone, or is of a version that does not listen: the next one that comes is told.
    }
  }

  libp2p.addEventListener("peer:identify", ({ detail }) => identified(detail));
  await libp2p.handle(PROTOCOL, (stream) => hear(stream, sayOfSelf), { maxInboundStreams: 2, maxOutboundStreams: 2 });
  return {
    isDouble: (device) => lives.isDouble(device, clock.now()),
    sightedSelf(addresses) {
      const own = new Set(libp2p.getMultiaddrs().map(endpointOf));
      const theirs = addresses.map((address) => multiaddr(address));
      const [first] = theirs;
      // Addresses change; whoever has just one in common may be this process a moment ago.
      if (first === undefined || theirs.some((address) => own.has(endpointOf(address)))) return;
      sayOfSelf(`, at ${hostOf({ remoteAddr: first })} by what mDNS says,`);
    },
  };
}

/** Hears that somebody has met another process with this identity. */
function hear(stream: Stream, say: (where: string) => void): void {
  let heard = false;
  stream.addEventListener("message", ({ data }) => {
    if (heard) return;
    heard = true;
    const text = new TextDecoder().decode(data.subarray().slice(0, MAX_ADDRESS_LENGTH));
    say(/^[\w.:-]{3,}$/.test(text) ? `, at ${text},` : "");
    void stream.close().catch(() => {});
  });
}

/** A machine's address; the port of a connection that came in says nothing. */
function hostOf({ remoteAddr }: Pick<Connection, "remoteAddr">): string {
  const found = remoteAddr.getComponents().find(({ name }) => ["ip4", "ip6", "dns", "dns4", "dns6"].includes(name));
  return found?.value ?? "an unknown place";
}

function endpointOf(address: Multiaddr): string {
  return address.getComponents().filter(({ name }) => name !== "p2p").map(({ value }) => value).join(" ");
}
