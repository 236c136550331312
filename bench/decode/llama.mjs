// llama.cpp through node-llama-cpp. Arguments: model, context size, threads. Each line on stdin, "PROMPT_TOKENS
// DECODED_TOKENS", is one prompt in a fresh sequence and gives one JSON line: milliseconds of prefill and of each token.
import process from "node:process";
import { createInterface } from "node:readline";
import { getLlama } from "node-llama-cpp";

const [modelPath, contextSize, threads] = process.argv.slice(2);
const llama = await getLlama({
  gpu: false,
  build: "never",
  logLevel: "error",
  maxThreads: Number(threads),
});
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({
  contextSize: Number(contextSize),
  threads: Number(threads),
  batchSize: 512,
});
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const [promptTokens, decodedTokens] = line.split(" ").map(Number);
  const sequence = context.getSequence();
  const prompt = Array.from(
    { length: promptTokens },
    (_, index) => 300 + ((index * 7919) % 31_000),
  );
  const times = [];
  let last = performance.now();
  for await (
    const _token of sequence.evaluate(prompt, {
      temperature: 0,
      yieldEogToken: true,
    })
  ) {
    const now = performance.now();
    times.push(now - last);
    last = now;
    if (times.length > decodedTokens) break;
  }
  await sequence.dispose();
  process.stdout.write(
    `${JSON.stringify({ prefill: times[0], decode: times.slice(1) })}\n`,
  );
}
await context.dispose();
process.exit(0);
