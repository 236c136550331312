/**
 * Yamux tells the sender after every frame how much more it may send: a message of its own, encrypted and written, for each
 * token and hop, which costs as much as the frame itself. Told at half of the window, as yamux's specification has it, the
 * sender never waits for it either.
 */

/** `StreamState.Established`, which the package does not export: before it, updates carry the flags that establish a stream. */
const ESTABLISHED = 3;

/** What is used of a yamux stream; its type is not exported. */
interface WindowedStream {
  /** Tells the sender that all of the window is free again; called after every frame. */
  sendWindowUpdate(): void;
  /** Bytes that the sender may have under way at most, and what is left of them. */
  readonly recvWindow: number;
  readonly recvWindowCapacity: number;
  readonly state: number;
}

/**
 * Has a yamux stream tell of its window when half of it is used. Returns false for anything but a yamux stream as we know it,
 * which stays as it is.
 */
export function delayWindowUpdates(stream: object): boolean {
  if (!isWindowed(stream)) return false;
  const send = stream.sendWindowUpdate.bind(stream);
  stream.sendWindowUpdate = () => {
    if (stream.state !== ESTABLISHED || stream.recvWindowCapacity <= stream.recvWindow / 2) send();
  };
  return true;
}

function isWindowed(stream: object): stream is WindowedStream {
  return "sendWindowUpdate" in stream && typeof stream.sendWindowUpdate === "function" &&
    "recvWindow" in stream && typeof stream.recvWindow === "number" &&
    "recvWindowCapacity" in stream && typeof stream.recvWindowCapacity === "number" &&
    "state" in stream && typeof stream.state === "number";
}
