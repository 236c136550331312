/** Whether the native library loads and computes on this machine. */
import { createGraph } from "../onnx/graph.ts";
import { openKernels } from "./ort/kernels.ts";

/** Adds 2 and 3 with ONNX Runtime. Returns the library's version. @throws {Error} where it does not load or is wrong. */
export async function verifyCompute(): Promise<string> {
  const graph = createGraph("sum");
  const [a, b] = [graph.input("a", "float32", [1]), graph.input("b", "float32", [1])];
  graph.value("Add", "sum", { inputs: [a, b] });
  graph.output("sum", "float32", [1]);
  const kernels = openKernels({ threads: 1, spin: false });
  const loaded = kernels.parse(graph.finish().encode("none"));
  const binding = loaded.bind();
  const sum = new Float32Array(1);
  const tensors = [kernels.tensor(Float32Array.of(2), [1]), kernels.tensor(Float32Array.of(3), [1])] as const;
  const result = kernels.tensor(sum, [1]);
  binding.input("a", tensors[0]);
  binding.input("b", tensors[1]);
  binding.output("sum", result);
  await binding.run();
  binding.close();
  for (const tensor of [...tensors, result]) tensor.close();
  loaded.close();
  kernels.close();
  if (sum[0] !== 5) throw new Error(`it says that 2 + 3 is ${sum[0]}`);
  return kernels.version;
}
