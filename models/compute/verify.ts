/** Whether the native library loads and computes on this machine. */
import "./no-telemetry.ts";
import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { createGraph } from "../onnx/graph.ts";

/** Adds 2 and 3 with ONNX Runtime. Returns the library's version. @throws {Error} where it does not load or is wrong. */
export async function verifyCompute(): Promise<string> {
  const graph = createGraph("sum");
  const [a, b] = [graph.input("a", "float32", [1]), graph.input("b", "float32", [1])];
  graph.value("Add", "sum", { inputs: [a, b] });
  graph.output("sum", "float32", [1]);
  const session = await InferenceSession.create(graph.finish().encode("none"));
  const one = (value: number) => new Tensor("float32", Float32Array.of(value), [1]);
  const { sum } = await session.run({ a: one(2), b: one(3) });
  await session.release();
  if (sum?.data[0] !== 5) throw new Error(`it says that 2 + 3 is ${sum?.data[0]}`);
  return env.versions.node ?? "of unknown version";
}
