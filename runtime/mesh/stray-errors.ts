/**
 * Errors that libp2p lets fall. Its muxer answers the other side from microtasks of its own; when the connection has closed
 * in between, writing throws where nobody can catch it. The session's end is noticed by other means, so such an error says
 * nothing new, and must not take the daemon down.
 */

/** Names of libp2p's errors about streams and connections that are no more. */
const NAMES: ReadonlySet<string> = new Set([
  "StreamStateError",
  "StreamClosedError",
  "StreamResetError",
  "StreamAbortedError",
  "MuxerClosedError",
  "ConnectionClosedError",
  "ConnectionClosingError",
]);

/** Whether an uncaught error is one of those. */
export function isStrayStreamError(error: unknown): boolean {
  return error instanceof Error && NAMES.has(error.name);
}
