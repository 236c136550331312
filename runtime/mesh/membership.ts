import type { Libp2p } from "@libp2p/interface";
import type { Clock } from "../clock.ts";
import type { MeshEvent, Peer } from "./contract.ts";
import { type Directory, postpone } from "./directory.ts";
import { GOODBYE_RETRY, MAX_PEERS, REFUSED_RETRY, SETTLED_AFTER } from "./limits.ts";
import type { Member } from "./messages.ts";
import type { Ending } from "./session.ts";

export interface MembershipOptions {
  readonly self: string;
  readonly clock: Clock;
  readonly directory: Directory;
  peers(): readonly Peer[];
  isForgotten(device: string): boolean;
  sendMembers(device: string, members: readonly Member[]): void;
  emit(event: MeshEvent): void;
  /** mDNS told of this very device. */
  sightedSelf(addresses: readonly string[]): void;
}

/** Who belongs to the mesh, where they are, and when to talk to them again. */
export interface Membership {
  /** Takes the addresses of an invite. */
  join(addresses: readonly string[]): void;
  /** mDNS saw a device. */
  sighted(device: string, addresses: readonly string[]): void;
  /** A connected device said where it listens. */
  identified(device: string, addresses: readonly string[]): void;
  /** A peer told of the members it knows. */
  heard(from: string, members: readonly Member[]): void;
  /** The peers or their addresses changed: soon all peers are told. */
  changed(): void;
  /** A session ended. */
  ended(device: string, peer: Peer | undefined, ending: Ending): void;
  /** Why a device may not connect now, or undefined. */
  objection(device: string): string | undefined;
  /** The addresses worth putting into an invite: those that others can reach, loopback only if there is nothing else. */
  inviteAddresses(own: readonly string[]): string[];
  stop(): void;
}

/** Several peers that come at once are told to the others in one message after so many milliseconds. */
const TELL_AFTER = 50;
/** A device that mDNS sees is dialled this soon again, in milliseconds, as it is likely to be there. */
const SIGHTED_RETRY = 2_000;
const MAX_INVITE_ADDRESSES = 4;

/** Has a membership hear where devices say that they listen. */
export function hearWhereabouts(libp2p: Libp2p, membership: Membership): void {
  libp2p.addEventListener("peer:identify", ({ detail: { peerId, listenAddrs } }) => {
    membership.identified(peerId.toString(), listenAddrs.map((address) => address.toString()));
  });
}

/** Makes a membership that knows nobody but what the directory holds. */
export function createMembership(options: MembershipOptions): Membership {
  return new DirectoryMembership(options);
}

class DirectoryMembership implements Membership {
  readonly #options: MembershipOptions;
  #cancelTelling: (() => void) | undefined;
  #stopped = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  join(addresses: readonly string[]): void {
    const { self, clock, directory } = this.#options;
    for (const address of addresses) {
      const device = /\/p2p\/([^/]+)$/.exec(address)?.[1];
      if (device === undefined) directory.learnAddress(address);
      else if (device !== self) directory.learn(device, [address], true, clock.now());
    }
  }

  sighted(device: string, addresses: readonly string[]): void {
    if (device === this.#options.self) return this.#options.sightedSelf(addresses);
    this.#learn(device, addresses, "mdns");
  }

  identified(device: string, addresses: readonly string[]): void {
    this.#options.directory.correct(device, addresses);
    this.changed();
  }

  heard(_from: string, members: readonly Member[]): void {
    for (const { device, addresses } of members) this.#learn(device, addresses, "member");
  }

  changed(): void {
    if (!this.#stopped) this.#cancelTelling ??= this.#options.clock.after(TELL_AFTER, () => this.#tell());
  }

  ended(device: string, peer: Peer | undefined, ending: Ending): void {
    const { clock, directory, emit } = this.#options;
    this.#report(device, ending);
    const target = directory.get(device);
    if (target === undefined || ending.why === "replaced" || this.#stopped) return;
    if (ending.why === "forgotten") return directory.forget(target);
    if (peer !== undefined && clock.now() - peer.upSince > SETTLED_AFTER) target.attempts = 0;
    const retryMs = postpone(target, clock.now(), leastRetry(ending));
    if (ending.why === "rejected") target.bannedUntil = target.dialAt;
    if (peer !== undefined) emit({ type: "reconnecting", device, retryMs });
  }

  objection(device: string): string | undefined {
    const { clock, directory } = this.#options;
    if (this.#options.isForgotten(device)) return "it was put out of the mesh";
    if ((directory.get(device)?.bannedUntil ?? 0) > clock.now()) return "it sent garbage a moment ago";
    const peers = this.#options.peers();
    if (peers.length < MAX_PEERS || peers.some((peer) => peer.device === device)) return undefined;
    return `this device already has ${MAX_PEERS} peers, the most it can have`;
  }

  inviteAddresses(own: readonly string[]): string[] {
    const reachable = own.filter((address) => !/^\/ip4\/127\.|^\/ip6\/::1\//.test(address));
    return (reachable.length > 0 ? reachable : [...own]).slice(0, MAX_INVITE_ADDRESSES);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTelling?.();
  }

  #tell(): void {
    this.#cancelTelling = undefined;
    const { directory } = this.#options;
    const members = this.#options.peers().slice(0, MAX_PEERS)
      .map(({ device }) => ({ device, addresses: directory.get(device)?.addresses ?? [] }));
    for (const { device } of members) {
      const others = members.filter((member) => member.device !== device && member.addresses.length > 0);
      if (others.length > 0) this.#options.sendMembers(device, others);
    }
  }

  #learn(device: string, addresses: readonly string[], via: "mdns" | "member"): void {
    const { self, clock, directory, emit } = this.#options;
    if (device === self || this.#options.isForgotten(device)) return;
    const known = directory.get(device) !== undefined;
    const target = directory.learn(device, addresses, via === "member", clock.now());
    if (target === undefined) return;
    if (!known) emit({ type: "discovered", device, via });
    if (via === "mdns") target.sightedAt = clock.now();
    if (via === "mdns" && target.attempts < 4) target.dialAt = Math.min(target.dialAt, clock.now() + SIGHTED_RETRY);
  }

  /** Tells people of an ending that they can do something about. */
  #report(device: string, { why, sentence }: Ending): void {
    const { emit } = this.#options;
    if (why === "rejected") emit({ type: "frame-rejected", device, sentence });
    if (why === "version") {
      emit({
        type: "refused",
        target: device,
        reason: "version",
        sentence: `${device} cannot be talked to: ${sentence}.`,
      });
    }
  }
}

/** Milliseconds until a device whose session ended so is dialled again, at the least. */
function leastRetry({ why }: Ending): number {
  if (why === "rejected" || why === "version") return REFUSED_RETRY;
  return why === "left" ? GOODBYE_RETRY : 0;
}
