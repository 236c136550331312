// llama.cpp through node-llama-cpp. Arguments: model, context size, threads, sequences. A line on stdin is a list of
// prompts of token ids and how many tokens to decode after the first; they are answered at once, greedily, each in a fresh
// sequence, and one JSON line says when the tokens of each came, in milliseconds since the line.
import process from "node:process";
import { createInterface } from "node:readline";
import { openLlama } from "./open-llama.mjs";

const context = await openLlama();
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const { prompts, tokens } = JSON.parse(line);
  const began = performance.now();
  const arrivals = await Promise.all(
    prompts.map((prompt) => answer(prompt, tokens, began)),
  );
  process.stdout.write(`${JSON.stringify(arrivals)}\n`);
}
await context.dispose();
process.exit(0);

async function answer(prompt, tokens, began) {
  const sequence = context.getSequence();
  const times = [];
  for await (
    const _ of sequence.evaluate(prompt, {
      temperature: 0,
      yieldEogToken: true,
    })
  ) {
    times.push(performance.now() - began);
    if (times.length > tokens) break;
  }
  await sequence.dispose();
  return times;
}
