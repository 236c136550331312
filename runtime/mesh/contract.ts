/** What the rest of Skein knows of a mesh. */

/** The two streams between a pair of peers: small messages, and tensors that must not delay them. */
export type Channel = "control" | "tensors";

/**
 * What became of a frame: handed over for delivery; not sent, there is no session with that device; not sent, the peer
 * does not keep up and the channel's queue is full; not sent, the channel takes no frame of this size, now or later.
 * "sent" is no promise: the session may end before the frame arrives.
 */
export type SendOutcome = "sent" | "unreachable" | "overloaded" | "too-large";

/** A peer that this device has a session with. */
export interface Peer {
  readonly device: string;
  readonly name: string;
  /** The multiaddr of the connection. */
  readonly address: string;
  /** Milliseconds, the median of the latest heartbeats; undefined before the first. */
  readonly roundTripMs: number | undefined;
  /** When the session began, in milliseconds of the mesh's clock. */
  readonly upSince: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

export type PeerEvent =
  | { readonly type: "up"; readonly device: string; readonly name: string }
  | { readonly type: "down"; readonly device: string; readonly name: string; readonly reason: string };

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
  | { readonly type: "listener-failed"; readonly sentence: string };

export type RefusalReason = "wrong-key" | "version" | "not-permitted";

/** The part of a mesh that carries frames: all that actors need. */
export interface Transport {
  /** This device's id. */
  readonly self: string;
  /** The peers with a session, in no particular order. */
  peers(): readonly Peer[];
  /** Whether there is a session with the device: what `peers` lists, without a list. */
  isConnected(device: string): boolean;
  /**
   * Sends a frame; order is kept per device and channel. The frame belongs to the mesh from now on: do not change it.
   * Never throws: a frame larger than the channel allows (`MAX_CONTROL_FRAME`, `MAX_TENSORS_FRAME`) is "too-large".
   */
  send(device: string, channel: Channel, frame: Uint8Array): SendOutcome;
  /**
   * Hears every frame, once, in order; the returned function stops it. The frame is the listener's own and starts at a
   * multiple of 8 bytes, so that typed arrays can be views of it.
   */
  onFrame(listener: (device: string, channel: Channel, frame: Uint8Array) => void): () => void;
  /** Hears each session begin and end, strictly in turn for one device; the returned function stops it. */
  onPeer(listener: (event: PeerEvent) => void): () => void;
}

/** A running device of a mesh. */
export interface Mesh extends Transport, AsyncDisposable {
  readonly name: string;
  /** The multiaddrs under which this device can be dialled, its id included. */
  addresses(): string[];
  /** Multiaddrs of other members, told by members or by the person: worth dialling after a restart. At most 64 devices'. */
  memberAddresses(): string[];
  onEvent(listener: (event: MeshEvent) => void): () => void;
  /** A text that lets another device in: it carries the mesh's key, so it is a secret. */
  invite(): string;
  /** Says goodbye to the peers and closes everything. Safe to call more than once. */
  stop(): Promise<void>;
}
