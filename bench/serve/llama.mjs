// llama.cpp through node-llama-cpp, with its own batching. Arguments: model, context size, threads, sequences. A line on
// stdin is {id, prompt, tokens, temperature}; requests that come meanwhile are answered beside each other. A line on stdout
// is the id of an answer that has got a token, or -1 - id where it is over.
import process from "node:process";
import { createInterface } from "node:readline";
import { openLlama } from "../decode/open-llama.mjs";

const context = await openLlama();
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  void answer(JSON.parse(line));
}
await context.dispose();
process.exit(0);

async function answer({ id, prompt, tokens, temperature }) {
  const sequence = context.getSequence();
  let count = 0;
  for await (
    const _ of sequence.evaluate(prompt, { temperature, yieldEogToken: true })
  ) {
    process.stdout.write(`${id}\n`);
    if (++count >= tokens) break;
  }
  await sequence.dispose();
  process.stdout.write(`${-1 - id}\n`);
}
