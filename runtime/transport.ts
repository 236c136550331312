/** Frames between devices: what actors need and the mesh gives, so that neither knows the other. */

/** A device's libp2p peer id as text. */
export type DeviceId = string;

/** The two streams to a peer: small control messages, and tensors that must not delay them. */
export type Channel = "control" | "tensors";

/**
 * What became of a frame that was given to a transport. "sent" promises order, not arrival; "too-large" that no frame of
 * this size can ever be sent on this channel.
 */
export type Sent = "sent" | "unreachable" | "overloaded" | "too-large";

/**
 * A connection to a peer came or went: "up" before its first frame, "down" after its last. What was sent before a "down"
 * and had not arrived never will.
 */
export interface PeerEvent {
  readonly type: "up" | "down";
  readonly device: DeviceId;
  readonly reason?: string;
}

/** A received frame. The listener owns it: nobody else writes to its bytes afterwards, since arrays may be views of it. */
export type FrameListener = (device: DeviceId, channel: Channel, frame: Uint8Array) => void;

/** Carries frames between devices: in order on each channel while a connection lasts, with no word about across. */
export interface Transport {
  readonly self: DeviceId;
  /** Whether there is a connection to the device, from before its "up" is told until before its "down" is. */
  isConnected(device: DeviceId): boolean;
  /**
   * Queues a frame. "unreachable" if there is no connection, "overloaded" if too much waits already, "too-large" if the
   * channel takes no frame of this size. Never throws.
   */
  send(device: DeviceId, channel: Channel, frame: Uint8Array): Sent;
  /** Calls `listener` for each received frame, until the returned function is called. */
  onFrame(listener: FrameListener): () => void;
  /** Calls `listener` for each connection made or lost, until the returned function is called. */
  onPeer(listener: (event: PeerEvent) => void): () => void;
}
