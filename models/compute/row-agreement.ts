/**
 * Whether this device's kernels give a row the same bits alone and among others. ONNX Runtime's 4-bit products do on
 * processors with AVX-512 and do not on others; since it is measured on the block itself, nothing has to be known of them.
 */
import { architectureAt } from "../elastic.ts";
import type { Architecture } from "../manifest.ts";
import { runOnce, type Tensors } from "./bind.ts";
import type { Gates } from "./gates.ts";
import type { Kernels, KernelTensor, TensorData } from "./kernels.ts";
import { pastOf, presentOf } from "./replay.ts";
import type { Session } from "./sessions.ts";

/** Rows that run together: a tile of four, and one that is left over. */
const ROWS = 5;
/** What was measured, by the graphs' structure: layers of a model are alike, and it takes as long as a few tokens. */
const known = new Map<string, boolean>();

type MakeTensor = (data: TensorData, ...dims: number[]) => KernelTensor;
/** Inputs and outputs of a graph for so many rows of one token. */
type Bind = (
  rows: { readonly count: number; readonly states: Float32Array; readonly results: Float32Array },
  tensor: MakeTensor,
) => { readonly inputs: Tensors; readonly outputs: Tensors };

/** Measures a decoder layer, on caches of its own; `gates` where it is divisible. @throws {KernelError} */
export async function layerRowsAgree(
  kernels: Kernels,
  session: Session,
  architecture: Architecture,
  gates: Gates | undefined,
): Promise<boolean> {
  const { width, kvHeads, headSize } = architecture;
  return await rowsAgree(kernels, session, [width, width], ({ count, states, results }, tensor) => {
    const store = () => tensor(new Float32Array(count * kvHeads * headSize), count, kvHeads, 1, headSize);
    const angles = () => tensor(new Float32Array(headSize / 2).fill(Math.SQRT1_2), 1, headSize / 2);
    const cache = { key: store(), value: store() };
    const hidden = tensor(states, count, 1, width);
    return {
      inputs: {
        hidden,
        seqlens_k: tensor(new Int32Array(count), count),
        total_sequence_length: tensor(Int32Array.of(1)),
        cos_cache: angles(),
        sin_cache: angles(),
        ...pastOf(cache),
        ...gates === undefined ? {} : { residual: hidden, ...gates.whole },
      },
      outputs: { hidden_out: tensor(results, count, 1, width), ...presentOf(cache) },
    };
  });
}

/** Measures the graphs of a layer's first slice; `slices` is how many it has. @throws {KernelError} */
export async function sliceRowsAgree(
  { kernels, architecture }: { readonly kernels: Kernels; readonly architecture: Architecture },
  { attention, feedForward }: { readonly attention: Session; readonly feedForward: Session },
  slices: number,
): Promise<boolean> {
  const { width } = architecture;
  const heads = await layerRowsAgree(kernels, attention, architectureAt(architecture, slices, 1), undefined);
  return heads && await rowsAgree(kernels, feedForward, [width, width], ({ count, states, results }, tensor) => ({
    inputs: { hidden: tensor(states, count, 1, width) },
    outputs: { hidden_out: tensor(results, count, 1, width) },
  }));
}

/** Measures a head. @throws {KernelError} */
export async function headRowsAgree(
  kernels: Kernels,
  session: Session,
  architecture: Architecture,
): Promise<boolean> {
  const { width, vocabulary } = architecture;
  return await rowsAgree(kernels, session, [width, vocabulary], ({ count, states, results }, tensor) => ({
    inputs: { hidden: tensor(states, count, 1, width) },
    outputs: { logits: tensor(results, count, 1, vocabulary) },
  }));
}

/** Runs rows together and the outermost of them alone, and compares. */
async function rowsAgree(
  kernels: Kernels,
  { graph, structure }: Session,
  [width, results]: readonly [number, number],
  bind: Bind,
): Promise<boolean> {
  const measured = known.get(structure);
  if (measured !== undefined) return measured;
  const states = Float32Array.from({ length: ROWS * width }, (_, at) => Math.sin(at + 1));
  const run = async (first: number, count: number): Promise<Float32Array> => {
    const made: KernelTensor[] = [];
    const tensor: MakeTensor = (data, ...dims) => {
      const own = kernels.tensor(data, dims);
      made.push(own);
      return own;
    };
    const out = new Float32Array(count * results);
    const rows = { count, states: states.subarray(first * width, (first + count) * width), results: out };
    try {
      const { inputs, outputs } = bind(rows, tensor);
      await runOnce(graph, inputs, outputs);
      return out;
    } finally {
      for (const one of made) one.close();
    }
  };
  const together = await run(0, ROWS);
  let agree = true;
  for (const row of [0, ROWS - 1]) {
    const among = together.subarray(row * results, (row + 1) * results);
    agree &&= (await run(row, 1)).every((value, at) => Object.is(value, among[at]));
  }
  known.set(structure, agree);
  return agree;
}
