/** The ways to a device: each address tried by itself, for people who ask why two devices do not meet. */
import type { Libp2p } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { Clock } from "../clock.ts";
import type { Way, Ways } from "./contract.ts";
import { causesOf } from "./dialer.ts";
import type { Directory } from "./directory.ts";
import { ADDRESS_DIAL_TIMEOUT, HANDSHAKE_TIMEOUT } from "./limits.ts";
import { WrongKeyError } from "./protector.ts";

/** What the ways are tried with. */
export interface WaysOptions {
  readonly libp2p: Libp2p;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether mDNS is listened to. */
  readonly mdns: boolean;
}

/** Tries every address that is known of a device, one after the other: up to 7 s each. */
export async function tryWays(device: string, options: WaysOptions): Promise<Ways> {
  const { directory, clock, mdns } = options;
  const target = directory.get(device);
  const by = (addresses: readonly string[], told: Way["by"]) => addresses.map((address) => ({ address, by: told }));
  const known = [...by(target?.addresses ?? [], "member"), ...by(target?.rumours ?? [], "mdns")];
  const ways: Way[] = [];
  for (const { address, by } of known) ways.push({ address, by, ...await tryOne(device, address, options) });
  const sightedAgo = target?.sightedAt === undefined ? undefined : clock.now() - target.sightedAt;
  return { ways, mdns, ...(sightedAgo === undefined ? {} : { sightedAgo }) };
}

async function tryOne(
  device: string,
  address: string,
  { libp2p, clock, signal }: WaysOptions,
): Promise<Omit<Way, "address" | "by">> {
  const begin = clock.now();
  const late = AbortSignal.timeout(ADDRESS_DIAL_TIMEOUT + HANDSHAKE_TIMEOUT);
  const took = () => ({ milliseconds: clock.now() - begin });
  try {
    const full = multiaddr(address.includes("/p2p/") ? address : `${address}/p2p/${device}`);
    const before = new Set(libp2p.getConnections().map(({ id }) => id));
    const connection = await libp2p.dial(full, { signal: AbortSignal.any([signal, late]), force: true });
    const result = took();
    // The first connection to a device that was away is good for more than a trial.
    const spare = libp2p.getConnections(connection.remotePeer).some(({ id }) => id !== connection.id && before.has(id));
    if (spare) await connection.close().catch(() => {});
    return { outcome: "reached", ...result };
  } catch (error) {
    return { ...outcomeOf(error), ...took() };
  }
}

/** What an error says of an address. */
function outcomeOf(error: unknown): Pick<Way, "outcome" | "detail"> {
  const causes = causesOf(error);
  const detail = causes.map(({ message }) => message).join("; ").slice(0, 300);
  const said = causes.map((cause) => `${cause.name} ${"code" in cause ? cause.code : ""} ${cause.message}`).join(" ");
  if (causes.some((cause) => cause instanceof WrongKeyError)) return { outcome: "wrong-key", detail };
  if (/ECONNREFUSED/.test(said)) return { outcome: "closed", detail };
  if (/UnexpectedPeer|does not match expected/i.test(said)) return { outcome: "other-device", detail };
  if (/TimeoutError|ETIMEDOUT|AbortError|EHOSTUNREACH|ENETUNREACH|timed? ?out|aborted/i.test(said)) {
    return { outcome: "silent", detail };
  }
  return { outcome: "failed", detail };
}
