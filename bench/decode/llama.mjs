// llama.cpp through node-llama-cpp: prints one JSON line with milliseconds of prefill and of each decoded token.
// Arguments: model, prompt tokens, decoded tokens, threads, rounds. Waits for a line on stdin before each round.
import { createInterface } from "node:readline";
import { getLlama } from "node-llama-cpp";

const [path, promptTokens, decodeTokens, threads] = process.argv.slice(2).map((
  value,
  index,
) => index === 0 ? value : Number(value));
const llama = await getLlama({
  gpu: false,
  build: "never",
  logLevel: "error",
  maxThreads: threads,
});
const model = await llama.loadModel({ modelPath: path });
const context = await model.createContext({
  contextSize: promptTokens + decodeTokens + 8,
  threads,
  batchSize: 512,
});
process.stdout.write("ready\n");
for await (const _ of createInterface({ input: process.stdin })) {
  const sequence = context.getSequence();
  const prompt = Array.from(
    { length: promptTokens },
    (_, index) => 300 + ((index * 7919) % 31000),
  );
  const begin = performance.now();
  const times = [];
  let last = begin;
  for await (
    const _token of sequence.evaluate(prompt, {
      temperature: 0,
      yieldEogToken: true,
    })
  ) {
    const now = performance.now();
    times.push(now - last);
    last = now;
    if (times.length > decodeTokens) break;
  }
  await sequence.dispose();
  process.stdout.write(
    `${JSON.stringify({ prefill: times[0], decode: times.slice(1) })}\n`,
  );
}
await context.dispose();
process.exit(0);
