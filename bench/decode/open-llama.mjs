// llama.cpp through node-llama-cpp, as benchmarks have it: on the processor, with the threads that they say.
// Arguments of the process: model, context size of all sequences together, threads, sequences.
import process from "node:process";
import { getLlama } from "node-llama-cpp";

/** Opens the model that the process was started with. */
export async function openLlama() {
  const [modelPath, contextSize, threads, sequences] = process.argv.slice(2);
  const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: Number(threads) });
  const model = await llama.loadModel({ modelPath });
  return await model.createContext({
    contextSize: Number(contextSize),
    threads: Number(threads),
    sequences: Number(sequences),
    batchSize: 512,
  });
}
