/** How fast this device computes, by a short trial: what planning goes by until blocks have done real work here. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import "./no-telemetry.ts";
import { Tensor } from "onnxruntime-node";
import { createGraph } from "../onnx/graph.ts";
import { addLinear } from "../onnx/linear.ts";
import type { Sessions } from "./sessions.ts";
import { slowDown } from "./slow-down.ts";

/** Rates of one device. A block's time is about its bytes, or its multiply-adds, times these. */
export interface ComputeRates {
  /** One token at a time: reading the weights is what counts. */
  readonly decodeNanosecondsPerByte: number;
  /** Many tokens at once: arithmetic is. */
  readonly prefillNanosecondsPerMultiplyAdd: number;
}

/** A 4-bit matrix larger than the caches of most small devices (10 MB with its scales). */
const [ROWS, COLUMNS, BLOCK] = [4096, 4096, 32];
const DECODE_RUNS = 15;
const PREFILL_RUNS = 3;
const PREFILL_ROWS = 64;

/** Measures the rates with files in `folder`; takes about half a second. @throws {Error} where it cannot be written. */
export async function probe(sessions: Sessions, folder: string, slowdown: number): Promise<ComputeRates> {
  const graph = createGraph("probe");
  const input = graph.input("input", "float32", ["rows", COLUMNS]);
  addLinear(graph, "product", input, {
    rows: ROWS,
    columns: COLUMNS,
    storage: { kind: "blocks", bits: 4, blockSize: BLOCK },
    bias: false,
  });
  graph.output("product", "float32", ["rows", ROWS]);
  const finished = graph.finish();
  await writeFile(join(folder, "weights"), new Uint8Array(finished.weightsBytes).fill(0x37));
  await writeFile(join(folder, "graph"), finished.encode("weights"));
  const lease = await sessions.lease("probe", join(folder, "graph"));
  const time = async (rows: number, runs: number): Promise<number> => {
    const fed = new Tensor("float32", new Float32Array(rows * COLUMNS).fill(0.01), [rows, COLUMNS]);
    const times: number[] = [];
    for (let run = 0; run <= runs; run++) {
      const begin = performance.now();
      await lease.session.run({ input: fed });
      if (run > 0) times.push(slowDown(performance.now() - begin, slowdown));
    }
    return times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? NaN;
  };
  const decode = await time(1, DECODE_RUNS);
  const prefill = await time(PREFILL_ROWS, PREFILL_RUNS);
  await lease.release();
  return {
    decodeNanosecondsPerByte: (decode * 1e6) / (ROWS * COLUMNS / 2 + (ROWS * COLUMNS / BLOCK) * 4),
    prefillNanosecondsPerMultiplyAdd: (prefill * 1e6) / (ROWS * COLUMNS * PREFILL_ROWS),
  };
}
