/** How fast this device computes, by a short trial: what planning goes by until blocks have done real work here. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createGraph, type Graph } from "../onnx/graph.ts";
import { addLinear } from "../onnx/linear.ts";
import type { KernelGraph, Kernels } from "./kernels.ts";

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
export async function probe(kernels: Kernels, folder: string, slowdown: number): Promise<ComputeRates> {
  const finished = product();
  await writeFile(join(folder, "weights"), new Uint8Array(finished.weightsBytes).fill(0x37));
  await writeFile(join(folder, "graph"), finished.encode("weights"));
  const graph = await kernels.load(join(folder, "graph"));
  const decode = await time(kernels, graph, 1, DECODE_RUNS);
  const prefill = await time(kernels, graph, PREFILL_ROWS, PREFILL_RUNS);
  graph.close();
  return {
    decodeNanosecondsPerByte: (decode * slowdown * 1e6) / (ROWS * COLUMNS / 2 + (ROWS * COLUMNS / BLOCK) * 4),
    prefillNanosecondsPerMultiplyAdd: (prefill * slowdown * 1e6) / (ROWS * COLUMNS * PREFILL_ROWS),
  };
}

/** One large matrix. */
function product(): Graph {
  const graph = createGraph("probe");
  const input = graph.input("input", "float32", ["rows", COLUMNS]);
  addLinear(graph, "product", input, {
    rows: ROWS,
    columns: COLUMNS,
    storage: { kind: "blocks", bits: 4, blockSize: BLOCK },
    bias: false,
  });
  graph.output("product", "float32", ["rows", ROWS]);
  return graph.finish();
}

/** The median of some runs on so many rows, in milliseconds; the first run warms up and does not count. */
async function time(kernels: Kernels, graph: KernelGraph, rows: number, runs: number): Promise<number> {
  const input = kernels.tensor(new Float32Array(rows * COLUMNS).fill(0.01), [rows, COLUMNS]);
  const output = kernels.tensor(new Float32Array(rows * ROWS), [rows, ROWS]);
  const binding = graph.bind();
  binding.input("input", input);
  binding.output("product", output);
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const begin = performance.now();
    await binding.run();
    if (run > 0) times.push(performance.now() - begin);
  }
  binding.close();
  input.close();
  output.close();
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? NaN;
}
