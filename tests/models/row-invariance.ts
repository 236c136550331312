/** Whether this processor's kernels give a row the same bits alone and among others, for 4-bit weights in blocks of 32. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openKernels } from "../../models/compute/ort/kernels.ts";
import { createGraph } from "../../models/onnx/graph.ts";
import { addLinear } from "../../models/onnx/linear.ts";
import { withFolder } from "./temporary.ts";

const [ROWS, COLUMNS] = [64, 256];

/** Multiplies one row, and four of which it is the first, by the same matrix, and compares. */
export async function isRowInvariant(): Promise<boolean> {
  let same = false;
  await withFolder(async (folder) => {
    const graph = createGraph("product");
    const input = graph.input("input", "float32", ["rows", COLUMNS]);
    const storage = { kind: "blocks", bits: 4, blockSize: 32 } as const;
    addLinear(graph, "product", input, { rows: ROWS, columns: COLUMNS, storage, bias: false });
    graph.output("product", "float32", ["rows", ROWS]);
    const finished = graph.finish();
    const weights = Uint8Array.from({ length: finished.weightsBytes }, (_, at) => (at * 37) % 61);
    await writeFile(join(folder, "weights"), weights);
    await writeFile(join(folder, "graph"), finished.encode("weights"));
    const kernels = openKernels({ threads: 1, spin: false });
    const loaded = await kernels.load(join(folder, "graph"));
    const multiply = async (rows: number): Promise<Float32Array> => {
      const result = new Float32Array(rows * ROWS);
      const values = Float32Array.from({ length: rows * COLUMNS }, (_, at) => Math.sin(at));
      const tensors = [kernels.tensor(values, [rows, COLUMNS]), kernels.tensor(result, [rows, ROWS])] as const;
      const binding = loaded.bind();
      binding.input("input", tensors[0]);
      binding.output("product", tensors[1]);
      await binding.run();
      binding.close();
      for (const tensor of tensors) tensor.close();
      return result.subarray(0, ROWS);
    };
    const [alone, among] = [await multiply(1), await multiply(4)];
    same = alone.every((value, at) => value === among[at]);
    loaded.close();
    kernels.close();
  });
  return same;
}
