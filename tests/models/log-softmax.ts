/** ONNX Runtime's LogSoftmax: what our own probabilities are compared with. */
import "../../models/compute/no-telemetry.ts";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { createGraph } from "../../models/onnx/graph.ts";
import { sessionOptions } from "./plain-runner.ts";

/** Returns what gives the logarithms of the softmax of logits. */
export async function openLogSoftmax(): Promise<(logits: Float32Array) => Promise<Float32Array>> {
  const graph = createGraph("log-softmax");
  graph.input("logits", "float32", [1, "vocabulary"]);
  graph.node("LogSoftmax", { inputs: ["logits"], outputs: ["logprobs"] });
  graph.output("logprobs", "float32", [1, "vocabulary"]);
  const session = await InferenceSession.create(graph.finish().encode("none"), sessionOptions);
  return async (logits) => {
    const { logprobs } = await session.run({ logits: new Tensor("float32", logits, [1, logits.length]) });
    return logprobs?.data as Float32Array;
  };
}
