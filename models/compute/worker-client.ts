/** One life of the compute worker: a thread, what it was asked and has not answered, and its end. */
import { ComputeError, ComputeGoneError } from "./errors.ts";
import type { ComputeOptions, ComputeRequest, ComputeResponse } from "./messages.ts";

/** A request before it has its number. */
type Unnumbered<R> = R extends ComputeRequest ? Omit<R, "id"> : never;
type ResponseOf<T extends ComputeResponse["type"]> = Extract<ComputeResponse, { type: T }>;

/** A running worker. */
export interface WorkerClient {
  /** Why it is gone; undefined while it lives. */
  readonly gone: ComputeGoneError | undefined;
  /** Asks the worker for something. @throws {ComputeError} what went wrong there, {ComputeGoneError} where it is gone. */
  ask<T extends ComputeResponse["type"]>(
    message: Unnumbered<ComputeRequest>,
    transfer?: readonly ArrayBuffer[],
  ): Promise<ResponseOf<T>>;
  /** Fails what is under way, lets the step under way end for at most `graceMilliseconds`, and ends the thread. */
  end(reason: string, graceMilliseconds: number): Promise<void>;
}

/** The thread of a worker, as its owner sees it. */
export interface ComputeThread {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  terminate(): Promise<void>;
}

/** Starts a thread that hands all that it is told to `serveCompute`. `onEnd` is called at most once, when it is gone. */
export type StartThread = (listener: {
  onMessage(message: unknown): void;
  onEnd(reason: string): void;
}) => ComputeThread;

/** Starts a worker. */
export function startWorker(options: ComputeOptions, startThread: StartThread): WorkerClient {
  const pending = new Map<number, { resolve(response: ComputeResponse): void; reject(error: Error): void }>();
  let asked = 0;
  let gone: ComputeGoneError | undefined;
  const thread = startThread({
    onMessage(message) {
      const response = message as ComputeResponse;
      const waiting = pending.get(response.id);
      pending.delete(response.id);
      if (response.type === "failed") waiting?.reject(new ComputeError(response.message));
      else waiting?.resolve(response);
    },
    onEnd: (reason) => fail(`The compute worker failed: ${reason}`),
  });

  function fail(reason: string): void {
    gone ??= new ComputeGoneError(reason);
    for (const { reject } of pending.values()) reject(gone);
    pending.clear();
  }

  function send<T extends ComputeResponse["type"]>(
    message: Unnumbered<ComputeRequest>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ResponseOf<T>> {
    return new Promise((resolve, reject) => {
      const id = ++asked;
      pending.set(id, { resolve: (response) => resolve(response as ResponseOf<T>), reject });
      thread.post({ id, ...message }, transfer);
    });
  }

  send<"configured">({ type: "configure", options }).catch(() => {});
  return {
    get gone() {
      return gone;
    },
    ask: (message, transfer) => gone === undefined ? send(message, transfer) : Promise.reject(gone),
    async end(reason, graceMilliseconds) {
      const dead = gone !== undefined;
      fail(reason);
      // A thread that is ended in the middle of a native call can take the process down with it, so it ends its step first.
      if (!dead && graceMilliseconds > 0) await within(graceMilliseconds, send<"stopped">({ type: "stop" }));
      await thread.terminate();
    },
  };
}

/** Waits for `promise`, whatever becomes of it, but no longer than so many milliseconds. */
async function within(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
  await Promise.race([promise.catch(() => {}), late]);
  clearTimeout(timer);
}
