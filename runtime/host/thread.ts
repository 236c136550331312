/**
 * A thread to compute on. Where the platform has web workers (Deno; a browser later) it is one: Deno's node:worker_threads
 * needs 0.4 ms for a message and its answer, its web workers 0.08 ms. Elsewhere (Node) it is a worker thread.
 */
import { parentPort, Worker as NodeWorker } from "node:worker_threads";
import { errorText } from "../error-text.ts";

/** The side that starts a thread and speaks with it. */
export interface Thread {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  terminate(): Promise<void>;
}

/** What a thread's owner hears. */
export interface ThreadListener {
  onMessage(message: unknown): void;
  /** The thread is gone; called at most once. */
  onEnd(reason: string): void;
}

/** The part of the web's Worker that is used, since the project's types are those of a platform without it. */
interface WebWorker {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: { readonly message: string; preventDefault(): void }) => void) | null;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  terminate(): void;
}
type WebWorkerConstructor = new (url: URL, options: { type: "module" }) => WebWorker;

/** Starts the module at `url` as a thread. */
export function startThread(url: URL, listener: ThreadListener): Thread {
  const { Worker } = globalThis as { Worker?: WebWorkerConstructor };
  if (Worker === undefined) {
    const worker = new NodeWorker(url);
    worker.on("message", (message) => listener.onMessage(message));
    worker.on("error", (error) => listener.onEnd(errorText(error)));
    worker.on("exit", () => listener.onEnd("it has ended"));
    return {
      post: (message, transfer) => worker.postMessage(message, [...transfer]),
      terminate: async () => void await worker.terminate(),
    };
  }
  const worker = new Worker(url, { type: "module" });
  worker.onmessage = ({ data }) => listener.onMessage(data);
  worker.onerror = (event) => {
    event.preventDefault();
    listener.onEnd(event.message);
  };
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    terminate: async () => worker.terminate(),
  };
}

/** Inside a thread: hears each message from its owner; `post` answers. */
export function serveThread(onMessage: (message: unknown, post: Thread["post"]) => void): void {
  if (parentPort !== null) {
    const port = parentPort;
    const post: Thread["post"] = (message, transfer) => port.postMessage(message, [...transfer]);
    port.on("message", (message) => onMessage(message, post));
    return;
  }
  const scope = globalThis as unknown as {
    onmessage: ((event: { readonly data: unknown }) => void) | null;
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  };
  const post: Thread["post"] = (message, transfer) => scope.postMessage(message, [...transfer]);
  scope.onmessage = ({ data }) => onMessage(data, post);
}
