/** The compute worker's thread: `session.run` blocks the thread it is called on, so it must not be the daemon's. */
import type { ComputeRequest, ComputeResponse, StepResult } from "./messages.ts";
import { probe } from "./probe.ts";
import { SegmentRunner } from "./segment-runner.ts";
import { Sessions } from "./sessions.ts";
import { serveThread } from "./thread.ts";

let sessions = new Sessions(1);
let slowdown = 1;
const segments = new Map<number, SegmentRunner>();
let opened = 0;
/** Requests run one after another, in the order they came. */
let tail = Promise.resolve();

serveThread((message, post) => {
  const request = message as ComputeRequest;
  tail = tail.then(async () => {
    const response = await perform(request).catch((error): ComputeResponse => {
      return { id: request.id, type: "failed", message: error instanceof Error ? error.message : String(error) };
    });
    post(response, response.type === "stepped" ? transferable(response.result) : []);
  });
});

async function perform(request: ComputeRequest): Promise<ComputeResponse> {
  switch (request.type) {
    case "configure":
      sessions = new Sessions(request.options.threads);
      slowdown = request.options.slowdown;
      return { id: request.id, type: "configured" };
    case "open": {
      const begin = performance.now();
      segments.set(++opened, await SegmentRunner.open(request.segment, sessions, slowdown));
      return { id: request.id, type: "opened", segment: opened, milliseconds: performance.now() - begin };
    }
    case "close": {
      await segments.get(request.segment)?.close();
      segments.delete(request.segment);
      return { id: request.id, type: "closed" };
    }
    case "step": {
      const segment = segments.get(request.step.segment);
      if (segment === undefined) throw new Error(`Segment ${request.step.segment} is not open.`);
      return { id: request.id, type: "stepped", result: await segment.step(request.step) };
    }
    case "probe":
      return { id: request.id, type: "probed", rates: await probe(sessions, request.folder, slowdown) };
    case "stop":
      for (const segment of segments.values()) await segment.close();
      segments.clear();
      return { id: request.id, type: "stopped" };
    default:
      return request satisfies never;
  }
}

function transferable(result: StepResult): ArrayBuffer[] {
  const arrays = [result.hidden, ...result.logits].filter((array) => array !== undefined);
  return arrays.filter((array) => array.byteLength === array.buffer.byteLength).map((array) =>
    array.buffer as ArrayBuffer
  );
}
