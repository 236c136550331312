/**
 * What a compute worker does with what it is told. A run blocks the thread that it is called on, so this is for a thread of its
 * own: whoever composes has one that calls `serveCompute` (`actors/daemon/compute-thread.ts`).
 */
import { errorText } from "../error-text.ts";
import { Choosers } from "./chooser.ts";
import type { ComputeOptions, ComputeRequest, ComputeResponse } from "./messages.ts";
import { openKernels } from "./ort/kernels.ts";
import { probe } from "./probe.ts";
import { type Bench, SegmentRunner } from "./segment-runner.ts";
import { Sessions } from "./sessions.ts";

/** What segments run with, and what chooses their levels. */
interface Workshop extends Bench {
  readonly choosers: Choosers;
}

/** What there is to run with, or why there is nothing. */
let bench: Workshop | Error = new Error("The compute worker is not configured.");
const segments = new Map<number, SegmentRunner>();
let opened = 0;
/** Requests run one after another, in the order they came… */
let tail: Promise<unknown> = Promise.resolve();
/** …but for segments that are being opened: a plan in force does not stand still while the next one loads. */
const opening = new Set<Promise<void>>();

/** Does what `message` asks, and answers it once with `post`. */
export function serveCompute(
  message: unknown,
  post: (response: ComputeResponse, transfer: readonly ArrayBuffer[]) => void,
): void {
  const request = message as ComputeRequest;
  const work = async (): Promise<void> => {
    const response = await perform(request).catch((error): ComputeResponse => {
      return { id: request.id, type: "failed", message: errorText(error) };
    });
    post(response, transferable(response));
  };
  if (request.type !== "open") {
    tail = tail.then(work);
    return;
  }
  const open = work().finally(() => opening.delete(open));
  opening.add(open);
}

async function perform(request: ComputeRequest): Promise<ComputeResponse> {
  const { id } = request;
  switch (request.type) {
    case "configure":
      try {
        bench = configure(request.options);
      } catch (error) {
        bench = error instanceof Error ? error : new Error(String(error));
        throw bench;
      }
      return { id, type: "configured" };
    case "open": {
      const begin = performance.now();
      const segment = await SegmentRunner.open(request.segment, ready());
      segments.set(++opened, segment);
      const milliseconds = performance.now() - begin;
      return { id, type: "opened", segment: opened, milliseconds, rowTimes: segment.rowTimes };
    }
    case "close":
      await segments.get(request.segment)?.close();
      segments.delete(request.segment);
      ready().kernels.trim();
      return { id, type: "closed" };
    case "step":
      return { id, type: "stepped", result: await segmentOf(request.step.segment).step(request.step) };
    case "read-cache": {
      const { segment, layers, slot, from, to } = request;
      return { id, type: "cache", data: segmentOf(segment).readCache(layers, slot, from, to) };
    }
    case "write-cache": {
      const { layers, slot, from, data, level } = request;
      segmentOf(request.segment).writeCache(layers, slot, from, data, level);
      return { id, type: "cache-written" };
    }
    case "copy-cache":
      segmentOf(request.segment).copyCache(request.source, request.target, request.upTo);
      return { id, type: "cache-written" };
    case "discard-cache":
      segmentOf(request.segment).discardCache(request.slot);
      return { id, type: "cache-written" };
    case "choose":
      return { id, type: "chosen", choice: await ready().choosers.choose(request.prompt) };
    case "probe":
      return { id, type: "probed", rates: await probe(ready().kernels, request.folder, ready().slowdown) };
    case "stop":
      await Promise.all(opening);
      for (const segment of segments.values()) await segment.close();
      segments.clear();
      if (!(bench instanceof Error)) {
        bench.choosers.close();
        bench.kernels.close();
      }
      bench = new Error("The compute worker has been stopped.");
      return { id, type: "stopped" };
    default:
      return request satisfies never;
  }
}

function configure({ threads, slowdown }: ComputeOptions): Workshop {
  const kernels = openKernels({ threads, spin: false });
  return { kernels, sessions: new Sessions(kernels), choosers: new Choosers(kernels, slowdown), slowdown };
}

function ready(): Workshop {
  if (bench instanceof Error) throw bench;
  return bench;
}

function segmentOf(id: number): SegmentRunner {
  const segment = segments.get(id);
  if (segment === undefined) throw new Error(`Segment ${id} is not open.`);
  return segment;
}

/** The buffers that move to the daemon's thread instead of being copied. */
function transferable(response: ComputeResponse): ArrayBuffer[] {
  const arrays = response.type === "cache"
    ? [response.data]
    : response.type === "stepped"
    ? [response.result.hidden, ...response.result.logits].filter((array) => array !== undefined)
    : [];
  return arrays.filter(({ byteLength, buffer }) => byteLength === buffer.byteLength).map(({ buffer }) =>
    buffer as ArrayBuffer
  );
}
