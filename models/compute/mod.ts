/**
 * The compute worker as the rest of the daemon sees it: open a segment, step rows through it, close it.
 *
 * ```ts
 * await using compute = startCompute({ threads: 1, startThread });
 * const segment = await compute.open({ architecture, blocks, context: 512, slots: 4 });
 * const { tokens } = await segment.step({ rows, tokens: ids });
 * ```
 */
import { mkdir, rm } from "node:fs/promises";
// Here too, since a worker of Node has only a copy of the environment.
import "./no-telemetry.ts";
import type { CacheLayers } from "./caches.ts";
import type { Choice, ChoiceRequest } from "./chooser.ts";
import type { RowTime, SegmentRequest, StepRequest, StepResult } from "./messages.ts";
import type { ComputeRates } from "./probe.ts";
import type { StartThread, WorkerClient } from "./worker-client.ts";
import { WorkerLives } from "./worker-lives.ts";

export { blockFiles } from "./block-files.ts";
export type { CacheLayers } from "./caches.ts";
export { type Choice, type ChoiceRequest } from "./chooser.ts";
export { ComputeError, ComputeGoneError } from "./errors.ts";
export type { ComputeRates } from "./probe.ts";
export type { ComputeThread, StartThread } from "./worker-client.ts";
export type {
  Attention,
  BlockFiles,
  ComputeOptions,
  RowTime,
  SegmentRequest,
  StepRequest,
  StepResult,
  StepRow,
} from "./messages.ts";

/**
 * A device's one compute worker. It starts when it is first needed: a device that computes nothing has 40 MB more for
 * others. Where it dies, the next `open` starts another, a few times.
 */
export interface Compute extends AsyncDisposable {
  /** Starts the worker, which takes some tenths of a second, for an `open` that comes soon. */
  prepare(): void;
  /** Loads a segment's blocks at the highest level, while steps of other segments go on. @throws {ComputeError} where one cannot be loaded. */
  open(segment: SegmentRequest): Promise<ComputeSegment>;
  /**
   * Asks an elastic model's chooser about a prompt, between two steps; the first time it is loaded, which takes some milliseconds.
   * @throws {ComputeError} where the prompt is too long for it, or what lies there is no chooser for so many levels.
   */
  choose(prompt: ChoiceRequest): Promise<Choice>;
  /**
   * Measures how fast this device computes, in about half a second. 10 MB lie in `folder` meanwhile, which is made and removed.
   * @throws {ComputeError}
   */
  probe(folder: string): Promise<ComputeRates>;
  /** Ends the worker; what is under way fails with a ComputeError. */
  close(): Promise<void>;
}

/** A loaded segment, with KV caches of its own. Each call throws a ComputeGoneError once its worker is gone. */
export interface ComputeSegment {
  /** How long loading took. */
  readonly loadMilliseconds: number;
  /** What one of its layers takes for so many rows in a step, measured when it was loaded. Default: nothing was measured. */
  readonly rowTimes?: readonly RowTime[];
  /** Runs rows through the blocks. Steps run in the order of the calls. @throws {ComputeError} */
  step(step: Omit<StepRequest, "segment">): Promise<StepResult>;
  /**
   * What a slot holds of the positions from `from` to below `to`, in one of the segment's layers or in all of them, after the
   * steps that were asked for before: [layer, key and value, kvHead, position, headSize].
   * @throws {ComputeError} outside the layers, the slots or the context.
   */
  readCache(layers: CacheLayers, slot: number, from: number, to: number): Promise<Float32Array>;
  /**
   * Writes what `readCache` gave, also elsewhere, to any slot, which holds this level then (default: the whole).
   * @throws {ComputeError} as `readCache` does.
   */
  writeCache(layers: CacheLayers, slot: number, from: number, data: Float32Array, level?: number): Promise<void>;
  /** Has a slot begin like another one: the positions below `upTo`, in all layers. @throws {ComputeError} */
  copyCache(source: number, target: number, upTo: number): Promise<void>;
  /** What a slot holds is not wanted any more: its memory goes back to the system where that is possible. */
  discardCache(slot: number): Promise<void>;
  close(): Promise<void>;
}

/** The worker thread of this process. */
export interface LocalCompute extends Compute {
  /** Ends the worker from one moment to the next, as a crash would: for tests. */
  crash(): Promise<void>;
}

/** What a worker is started with: `slowdown` is 1 where nothing is said. */
export interface StartComputeOptions {
  /** A function is asked when the worker is first needed. */
  readonly threads: number | (() => Promise<number>);
  readonly slowdown?: number;
  /** Starts the thread to compute on. */
  readonly startThread: StartThread;
}

/** A compute worker, on a thread that starts when it is first needed. */
export function startCompute(
  { threads, slowdown = 1, startThread }: StartComputeOptions,
): LocalCompute {
  const lives = new WorkerLives({ threads, slowdown }, startThread);
  /** The folder of a probe that is under way. */
  let scratch: string | undefined;
  /** Segments that were asked for. */
  let opened = 0;
  let closing: Promise<void> | undefined;

  async function removeScratch(): Promise<void> {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
    scratch = undefined;
  }
  async function shutDown(): Promise<void> {
    await lives.close();
    await removeScratch();
  }
  const close = (): Promise<void> => closing ??= shutDown();
  return {
    prepare: () => lives.prepare(),
    open(segment) {
      opened++;
      return lives.worker().then((worker) => openSegment(worker, segment));
    },
    async choose(prompt) {
      return (await (await lives.worker()).ask<"chosen">({ type: "choose", prompt })).choice;
    },
    async probe(folder) {
      const own = await lives.worker();
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      scratch = folder;
      try {
        return (await own.ask<"probed">({ type: "probe", folder })).rates;
      } finally {
        // While the worker is being closed it may still write there.
        if (closing === undefined) await removeScratch();
        if (opened === 0) await lives.letGo(own);
      }
    },
    crash: () => lives.crash(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function openSegment(worker: WorkerClient, request: SegmentRequest): Promise<ComputeSegment> {
  const { segment, milliseconds, rowTimes } = await worker.ask<"opened">({ type: "open", segment: request });
  return {
    loadMilliseconds: milliseconds,
    rowTimes,
    async step(step) {
      const message = { type: "step", step: { ...step, segment } } as const;
      return (await worker.ask<"stepped">(message, ownBuffer(step.hidden))).result;
    },
    async readCache(layers, slot, from, to) {
      return (await worker.ask<"cache">({ type: "read-cache", segment, layers, slot, from, to })).data;
    },
    async writeCache(layers, slot, from, data, level) {
      const at = level === undefined ? {} : { level };
      await worker.ask<"cache-written">({ type: "write-cache", segment, layers, slot, from, data, ...at });
    },
    async copyCache(source, target, upTo) {
      await worker.ask<"cache-written">({ type: "copy-cache", segment, source, target, upTo });
    },
    async discardCache(slot) {
      await worker.ask<"cache-written">({ type: "discard-cache", segment, slot });
    },
    async close() {
      if (worker.gone === undefined) await worker.ask<"closed">({ type: "close", segment });
    },
  };
}

/** The buffer of `array` where nothing else lives in it, so that it can move to the worker without a copy. */
function ownBuffer(array: Float32Array | undefined): ArrayBuffer[] {
  if (array === undefined || array.byteLength !== array.buffer.byteLength) return [];
  return array.buffer instanceof ArrayBuffer ? [array.buffer] : [];
}
