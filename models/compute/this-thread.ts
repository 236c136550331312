/** Computes on the thread that asks, for commands that have nothing else to do meanwhile. One at a time. */
import { serveCompute } from "./serve.ts";
import type { StartThread } from "./worker-client.ts";

/** No thread at all: what is asked is done before anything else goes on here. */
export const onThisThread: StartThread = ({ onMessage }) => ({
  post: (message) => queueMicrotask(() => serveCompute(message, onMessage)),
  terminate: () => Promise.resolve(),
});
