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
  sendMembers(device: string, members: readonly Member[]): void;
  emit(event: MeshEvent): void;
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

export function createMembership(options: MembershipOptions): Membership {
  const { self, clock, directory, emit } = options;
  let cancelTelling: (() => void) | undefined;
  let stopped = false;

  function tell(): void {
    cancelTelling = undefined;
    const members = options.peers().slice(0, MAX_PEERS)
      .map(({ device }) => ({ device, addresses: directory.get(device)?.addresses ?? [] }));
    for (const { device } of members) {
      const others = members.filter((member) => member.device !== device && member.addresses.length > 0);
      if (others.length > 0) options.sendMembers(device, others);
    }
  }

  function learn(device: string, addresses: readonly string[], via: "mdns" | "member"): void {
    if (device === self) return;
    const known = directory.get(device) !== undefined;
    const target = directory.learn(device, addresses, via === "member", clock.now());
    if (target === undefined) return;
    if (!known) emit({ type: "discovered", device, via });
    if (via === "mdns" && target.attempts < 4) target.dialAt = Math.min(target.dialAt, clock.now() + SIGHTED_RETRY);
  }

  function changed(): void {
    if (!stopped) cancelTelling ??= clock.after(TELL_AFTER, tell);
  }

  return {
    join(addresses) {
      for (const address of addresses) {
        const device = /\/p2p\/([^/]+)$/.exec(address)?.[1];
        if (device === undefined) directory.learnAddress(address);
        else if (device !== self) directory.learn(device, [address], true, clock.now());
      }
    },
    sighted: (device, addresses) => learn(device, addresses, "mdns"),
    identified(device, addresses) {
      directory.correct(device, addresses);
      changed();
    },
    heard(_from, members) {
      for (const { device, addresses } of members) learn(device, addresses, "member");
    },
    changed,
    ended(device, peer, ending) {
      if (ending.why === "rejected") emit({ type: "frame-rejected", device, sentence: ending.sentence });
      if (ending.why === "version") {
        const sentence = `${device} cannot be talked to: ${ending.sentence}.`;
        emit({ type: "refused", target: device, reason: "version", sentence });
      }
      const target = directory.get(device);
      if (target === undefined || ending.why === "replaced" || stopped) return;
      if (peer !== undefined && clock.now() - peer.upSince > SETTLED_AFTER) target.attempts = 0;
      const refused = ending.why === "rejected" || ending.why === "version";
      const retryMs = postpone(
        target,
        clock.now(),
        refused ? REFUSED_RETRY : ending.why === "left" ? GOODBYE_RETRY : 0,
      );
      if (ending.why === "rejected") target.bannedUntil = target.dialAt;
      if (peer !== undefined) emit({ type: "reconnecting", device, retryMs });
    },
    objection(device) {
      if ((directory.get(device)?.bannedUntil ?? 0) > clock.now()) return "it sent garbage a moment ago";
      const peers = options.peers();
      if (peers.length < MAX_PEERS || peers.some((peer) => peer.device === device)) return undefined;
      return `this device already has ${MAX_PEERS} peers, the most it can have`;
    },
    inviteAddresses(own) {
      const reachable = own.filter((address) => !/^\/ip4\/127\.|^\/ip6\/::1\//.test(address));
      return (reachable.length > 0 ? reachable : [...own]).slice(0, MAX_INVITE_ADDRESSES);
    },
    stop() {
      stopped = true;
      cancelTelling?.();
    },
  };
}
