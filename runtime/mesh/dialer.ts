import type { Libp2p } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import type { Clock } from "../clock.ts";
import type { MeshEvent } from "./contract.ts";
import { addressesOf, type Directory, postpone, type Target } from "./directory.ts";
import { MAX_DIALS, REFUSED_RETRY } from "./limits.ts";
import { WrongKeyError } from "./protector.ts";

export interface DialerOptions {
  readonly libp2p: Libp2p;
  readonly directory: Directory;
  readonly clock: Clock;
  /** Ends dials in flight. */
  readonly signal: AbortSignal;
  /** Whether a connection to the device exists, so that there is nothing to dial. */
  connected(device: string): boolean;
  /** Whether there is room for one more peer. */
  room(): boolean;
  /** A device that this one was sent to does not hold the key: one of the two may have missed a change of it. */
  onWrongKey(addresses: readonly string[]): void;
  emit(event: MeshEvent): void;
}

/** Returns a function that dials all targets that are due; call it often. */
export function createDialer(options: DialerOptions): () => void {
  const { libp2p, directory, clock } = options;
  let dials = 0;

  async function dial(target: Target): Promise<void> {
    const addresses = parse(target);
    const name = target.device ?? target.addresses[0] ?? "";
    if (addresses.length === 0) return directory.forget(target);
    dials++;
    target.dialling = true;
    options.emit({ type: "dialling", target: name, attempt: target.attempts + 1 });
    try {
      const connection = await libp2p.dial(addresses, { signal: options.signal });
      // The roster opens the session; until it is up this counts as one more attempt.
      postpone(target, clock.now());
      if (target.device === undefined) {
        directory.forget(target);
        directory.learn(connection.remotePeer.toString(), target.addresses, true, clock.now());
      }
    } catch (error) {
      if (!options.signal.aborted) failed(target, name, error);
    } finally {
      dials--;
      target.dialling = false;
    }
  }

  function failed(target: Target, name: string, error: unknown): void {
    const causes = causesOf(error);
    if (causes.some(({ message }) => /dial self/i.test(message))) return directory.forget(target);
    const wrongKey = causes.some((cause) => cause instanceof WrongKeyError);
    const retryMs = postpone(target, clock.now(), wrongKey ? REFUSED_RETRY : 0);
    if (wrongKey) {
      // What mDNS says may lead to anybody.
      options.onWrongKey(target.addresses);
      const sentence = `${name} answers but does not hold this mesh's key: take a fresh invite from a member.`;
      options.emit({ type: "refused", target: name, reason: "wrong-key", sentence });
    } else {
      const sentence = `Cannot reach ${name}: ${causes.map(({ message }) => message).join("; ").slice(0, 300)}`;
      options.emit({ type: "dial-failed", target: name, sentence, retryMs });
    }
  }

  return () => {
    const now = clock.now();
    for (const target of directory.all()) {
      if (dials >= MAX_DIALS) return;
      if (target.dialling || target.dialAt > now) continue;
      if (target.device !== undefined && options.connected(target.device)) continue;
      if (addressesOf(target).length === 0) continue;
      if (!options.room()) return;
      void dial(target);
    }
  };
}

/** The addresses of a target that can be dialled, each with the device's id so that nobody else is taken for it. */
function parse({ device, addresses, rumours }: Target): Multiaddr[] {
  return [...addresses, ...rumours].flatMap((text) => {
    try {
      const address = multiaddr(text);
      const names = address.getComponents().map((component) => component.name);
      // Plain TCP only: what others say must not lead through relays, paths on this machine, or other transports.
      if (names.some((name) => !["ip4", "ip6", "dns", "dns4", "dns6", "tcp", "p2p"].includes(name))) return [];
      if (device === undefined || names.includes("p2p")) return [address];
      return [address.encapsulate(`/p2p/${device}`)];
    } catch {
      return [];
    }
  });
}

/** The errors of all addresses tried. */
export function causesOf(error: unknown): Error[] {
  if (error instanceof AggregateError) return error.errors.flatMap(causesOf);
  return [error instanceof Error ? error : new Error(String(error))];
}
