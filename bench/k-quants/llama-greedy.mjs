// llama.cpp through node-llama-cpp. Argument: model. Each line on stdin is a prompt, {"prompt": [token ids], "count": N};
// each gives a line with up to N greedy token ids.
import process from "node:process";
import { createInterface } from "node:readline";
import { getLlama } from "node-llama-cpp";

const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 1 });
const model = await llama.loadModel({ modelPath: process.argv[2] });
const context = await model.createContext({ contextSize: 512, threads: 1 });
for await (const line of createInterface({ input: process.stdin })) {
  const { prompt, count } = JSON.parse(line);
  const sequence = context.getSequence();
  const greedy = [];
  for await (const token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    greedy.push(token);
    if (greedy.length === count) break;
  }
  await sequence.dispose();
  process.stdout.write(`${JSON.stringify(greedy)}\n`);
}
await context.dispose();
process.exit(0);
