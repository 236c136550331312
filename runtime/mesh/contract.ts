/** What the rest of Skein knows of a mesh. */

import type { PeerEvent, Transport } from "../transport.ts";
import type { KnownDevice } from "./record.ts";

/** A peer that this device has a session with. */
export interface Peer {
  readonly device: string;
  readonly name: string;
  /** Of its software; empty where it does not tell. */
  readonly version: string;
  /** The multiaddr of the connection. */
  readonly address: string;
  /** Milliseconds, the median of the latest heartbeats; undefined before the first. */
  readonly roundTripMs: number | undefined;
  /** When the session began, in milliseconds of the mesh's clock. */
  readonly upSince: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** A peer event with what the peer is called. */
export interface NamedPeerEvent extends PeerEvent {
  readonly name: string;
}

/** What happens in the mesh, for logs and people. `sentence` says it in words. */
export type MeshEvent =
  | { readonly type: "listening"; readonly addresses: readonly string[] }
  | { readonly type: "discovered"; readonly device: string; readonly via: "mdns" | "member" }
  | { readonly type: "discovery-failed"; readonly sentence: string }
  | { readonly type: "dialling"; readonly target: string; readonly attempt: number }
  | { readonly type: "dial-failed"; readonly target: string; readonly sentence: string; readonly retryMs: number }
  | { readonly type: "refused"; readonly target: string; readonly reason: RefusalReason; readonly sentence: string }
  | { readonly type: "frame-rejected"; readonly device: string; readonly sentence: string }
  | { readonly type: "reconnecting"; readonly device: string; readonly retryMs: number }
  | { readonly type: "key-changed"; readonly by: string; readonly forgotten: readonly string[] }
  /** Two machines have one identity: `device`, which may be this one. */
  | { readonly type: "double"; readonly device: string; readonly sentence: string }
  | { readonly type: "listener-failed"; readonly sentence: string };

export type RefusalReason = "wrong-key" | "version" | "not-permitted";

/** An address of a device, and what became of trying it. */
export interface Way {
  /** A multiaddr. */
  readonly address: string;
  /** Who told of it: the device or another member (or the person), or mDNS. */
  readonly by: "member" | "mdns";
  /**
   * `reached`: it is there. `closed`: a machine is there, and nothing listens at that port. `silent`: nobody answers.
   * `wrong-key`: a Skein of another mesh. `other-device`: another member has the address now.
   */
  readonly outcome: "reached" | "closed" | "silent" | "wrong-key" | "other-device" | "failed";
  readonly milliseconds: number;
  /** What the system said, where it was not reached. */
  readonly detail?: string;
}

/** The ways to a device. */
export interface Ways {
  readonly ways: readonly Way[];
  /** Whether this device listens to mDNS. */
  readonly mdns: boolean;
  /** Milliseconds since mDNS last told of the device; absent where it never did. */
  readonly sightedAgo?: number;
}

/** How long an invite is good, and for how many devices. */
export interface InviteOptions {
  /** Default: an hour. Rounded up to a minute. */
  readonly lifetimeMs?: number;
  /** Default: 1. */
  readonly uses?: number;
}

/**
 * A running device of a mesh. As a transport it takes frames of at most `MAX_CONTROL_FRAME` and `MAX_TENSORS_FRAME` bytes;
 * a frame given to it belongs to it, and a received one starts at a multiple of 8 bytes, so that typed arrays can be views.
 */
export interface Mesh extends Transport, AsyncDisposable {
  readonly name: string;
  /** The peers with a session, in no particular order. */
  peers(): readonly Peer[];
  /** Hears each session begin and end, strictly in turn for one device; the returned function stops it. */
  onPeer(listener: (event: NamedPeerEvent) => void): () => void;
  /** The multiaddrs under which this device can be dialled, its id included. */
  addresses(): string[];
  /** Multiaddrs of other members, told by members or by the person: worth dialling after a restart. At most 64 devices'. */
  memberAddresses(): string[];
  onEvent(listener: (event: MeshEvent) => void): () => void;
  /** A text that lets other devices in, once unless told otherwise, for an hour: whoever has it first is in. */
  invite(options?: InviteOptions): string;
  /** This device's peers and those that it has met before, the members of this mesh as far as it knows. */
  devices(): readonly KnownDevice[];
  /**
   * Puts a device out: the others get a new key, and its own is good for nothing. Resolves when this is kept here and told
   * to the peers. Throws a RangeError for this device itself.
   */
  forget(device: string): Promise<void>;
  /** Whether a device has been put out, as far as this one knows. */
  isForgotten(device: string): boolean;
  /** Tries every address that is known of a device, which takes up to 7 s for each that is not reached. */
  waysTo(device: string): Promise<Ways>;
  /** Says goodbye to the peers and closes everything. Safe to call more than once. */
  stop(): Promise<void>;
}
