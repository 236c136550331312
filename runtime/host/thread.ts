/**
 * A thread to compute on. Where the platform has web workers (Deno; a browser later) it is one: Deno's node:worker_threads
 * needs 0.4 ms for a message and its answer, its web workers 0.08 ms. Elsewhere (Node) it is a worker thread. Small messages
 * go as letters through shared memory, the others are posted; both are heard in the order in which they were sent.
 */
import { parentPort, Worker as NodeWorker } from "node:worker_threads";
import { errorText } from "../error-text.ts";
import { type Boxes, boxesFor, createReceiver, createSender } from "./letter-line.ts";

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

/** Starts the module at `url` as a thread. It must call `serveThread`. */
export function startThread(url: URL, listener: ThreadListener): Thread {
  const boxes = boxesFor();
  const receiver = createReceiver(boxes?.toOwner, listener.onMessage);
  const onEnd = (reason: string): void => {
    receiver.close();
    listener.onEnd(reason);
  };
  const { Worker } = globalThis as { Worker?: WebWorkerConstructor };
  const worker = Worker === undefined
    ? startNodeWorker(url, receiver.onPosted, onEnd)
    : startWebWorker(new Worker(url, { type: "module" }), receiver.onPosted, onEnd);
  worker.post(boxes, []);
  return {
    post: createSender(boxes?.toThread, worker.post),
    terminate() {
      receiver.close();
      return worker.terminate();
    },
  };
}

function startNodeWorker(url: URL, onPosted: (data: unknown) => void, onEnd: (reason: string) => void): Thread {
  const worker = new NodeWorker(url);
  worker.on("message", onPosted);
  worker.on("error", (error) => onEnd(errorText(error)));
  worker.on("exit", () => onEnd("it has ended"));
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    terminate: async () => void await worker.terminate(),
  };
}

function startWebWorker(
  worker: WebWorker,
  onPosted: (data: unknown) => void,
  onEnd: (reason: string) => void,
): Thread {
  worker.onmessage = ({ data }) => onPosted(data);
  worker.onerror = (event) => {
    event.preventDefault();
    onEnd(event.message);
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
    const onPosted = serve(onMessage, (message, transfer) => port.postMessage(message, [...transfer]));
    port.on("message", onPosted);
    return;
  }
  const scope = globalThis as unknown as {
    onmessage: ((event: { readonly data: unknown }) => void) | null;
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  };
  const onPosted = serve(onMessage, (message, transfer) => scope.postMessage(message, [...transfer]));
  scope.onmessage = ({ data }) => onPosted(data);
}

/** What to do with what the owner posts: its first word are the boxes. */
function serve(
  onMessage: (message: unknown, post: Thread["post"]) => void,
  post: Thread["post"],
): (data: unknown) => void {
  let onPosted: ((data: unknown) => void) | undefined;
  return (data) => {
    if (onPosted !== undefined) return onPosted(data);
    const boxes = data as Boxes | undefined;
    const send = createSender(boxes?.toOwner, post);
    onPosted = createReceiver(boxes?.toThread, (message) => onMessage(message, send)).onPosted;
  };
}
