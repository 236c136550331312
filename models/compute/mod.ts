/**
 * The compute worker as the rest of the daemon sees it: open a segment, step rows through it, close it.
 *
 * ```ts
 * await using compute = startCompute({ threads: 1 });
 * const segment = await compute.open({ architecture, blocks, context: 512, slots: 4 });
 * const { tokens } = await segment.step({ rows, tokens: ids });
 * ```
 */
import { mkdir, rm } from "node:fs/promises";
import type {
  ComputeOptions,
  ComputeRequest,
  ComputeResponse,
  SegmentRequest,
  StepRequest,
  StepResult,
} from "./messages.ts";
import type { ComputeRates } from "./probe.ts";
import "./no-telemetry.ts";
import { startThread } from "./thread.ts";

export type { ComputeRates } from "./probe.ts";
export { serveThread, startThread, type Thread } from "./thread.ts";
export type { BlockFiles, ComputeOptions, SegmentRequest, StepRequest, StepResult, StepRow } from "./messages.ts";

/** The worker could not do what it was asked to, or is gone. */
export class ComputeError extends Error {
  override readonly name = "ComputeError";
}

/** A device's one compute worker. */
export interface Compute extends AsyncDisposable {
  /** Loads a segment's blocks. @throws {ComputeError} where a graph cannot be loaded. */
  open(segment: SegmentRequest): Promise<ComputeSegment>;
  /**
   * Measures how fast this device computes, in about half a second. 10 MB lie in `folder` meanwhile, which is made and removed.
   * @throws {ComputeError}
   */
  probe(folder: string): Promise<ComputeRates>;
  /** Ends the worker; what is under way fails with a ComputeError. */
  close(): Promise<void>;
}

/** A loaded segment, with KV caches of its own. */
export interface ComputeSegment {
  /** How long loading took. */
  readonly loadMilliseconds: number;
  /** Runs rows through the blocks. Steps run in the order of the calls. @throws {ComputeError} */
  step(step: Omit<StepRequest, "segment">): Promise<StepResult>;
  close(): Promise<void>;
}

/** How long the step under way may go on when the worker is closed. */
const STOP_MILLISECONDS = 3000;

/** Starts the worker thread. */
export function startCompute(
  { threads, slowdown = 1 }: Partial<ComputeOptions> & Pick<ComputeOptions, "threads">,
): Compute {
  const pending = new Map<number, { resolve(response: ComputeResponse): void; reject(error: Error): void }>();
  let asked = 0;
  let ended: ComputeError | undefined;

  function end(reason: string): void {
    ended ??= new ComputeError(reason);
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  }
  const thread = startThread(new URL("./worker.ts", import.meta.url), {
    onMessage(message) {
      const response = message as ComputeResponse;
      const waiting = pending.get(response.id);
      pending.delete(response.id);
      if (response.type === "failed") waiting?.reject(new ComputeError(response.message));
      else waiting?.resolve(response);
    },
    onEnd: (reason) => end(`The compute worker failed: ${reason}`),
  });

  type Unnumbered<R> = R extends ComputeRequest ? Omit<R, "id"> : never;
  function send<T extends ComputeResponse["type"]>(
    message: Unnumbered<ComputeRequest>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Extract<ComputeResponse, { type: T }>> {
    return new Promise((resolve, reject) => {
      const id = ++asked;
      pending.set(id, { resolve: (response) => resolve(response as Extract<ComputeResponse, { type: T }>), reject });
      thread.post({ id, ...message }, transfer);
    });
  }
  const request: typeof send = (message, transfer) =>
    ended === undefined ? send(message, transfer) : Promise.reject(ended);

  request<"configured">({ type: "configure", options: { threads, slowdown } }).catch(() => {});

  async function shutDown(): Promise<void> {
    const dead = ended !== undefined;
    end("The compute worker was closed.");
    // A thread that is ended in the middle of a native call can take the process down with it, so it ends its step first.
    if (!dead) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => timer = setTimeout(resolve, STOP_MILLISECONDS));
      await Promise.race([send<"stopped">({ type: "stop" }).catch(() => {}), late]);
      clearTimeout(timer);
    }
    await thread.terminate();
    await removeScratch();
  }

  /** The folder of a probe that is under way. */
  let scratch: string | undefined;
  async function removeScratch(): Promise<void> {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
    scratch = undefined;
  }
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => closing ??= shutDown();
  return {
    async open(segment) {
      const opened = await request<"opened">({ type: "open", segment });
      return {
        loadMilliseconds: opened.milliseconds,
        async step(step) {
          const transfer = ownBuffer(step.hidden);
          return (await request<"stepped">({ type: "step", step: { ...step, segment: opened.segment } }, transfer))
            .result;
        },
        async close() {
          if (ended === undefined) await request<"closed">({ type: "close", segment: opened.segment });
        },
      };
    },
    async probe(folder) {
      if (ended !== undefined) throw ended;
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      scratch = folder;
      try {
        return (await request<"probed">({ type: "probe", folder })).rates;
      } finally {
        // While the worker is being closed it may still write there.
        if (closing === undefined) await removeScratch();
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The buffer of `array` where nothing else lives in it, so that it can move to the worker without a copy. */
function ownBuffer(array: Float32Array | undefined): ArrayBuffer[] {
  if (array === undefined || array.byteLength !== array.buffer.byteLength) return [];
  return array.buffer instanceof ArrayBuffer ? [array.buffer] : [];
}
