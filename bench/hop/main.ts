/**
 * Command: what a hop is made of. Two daemons in processes of their own share a model over loopback; each notes when a token
 * passes which stage, and one answer after another is followed all the way. Prints the medians of the stages and the
 * processor time a token of every kind of thread; writes bench/out/hop.json.
 *
 *     npm run bench:hop -- [--layers 4] [--answers 5] [--tokens 200] [--node]
 *
 * The model is random, of TinyLlama's width and of few layers, but enough that its weights leave nothing in the caches.
 * The clocks of the processes are set by the fastest frames. Noting the stages takes time of its own. Needs Linux.
 */
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../../cli/table.ts";
import { promptOf } from "../decode/contestant.ts";
import { findNode } from "../decode/find-node.ts";
import { TINYLLAMA, writeRandomModel } from "../decode/random-model.ts";
import { readThreads, threadKinds, type ThreadTimes, usedBetween } from "../decode/threads.ts";
import { machineOf, saveResult } from "../picture/save.ts";
import { median } from "../statistics.ts";
import { startPair } from "./pair.ts";
import { type Passage, passageOf, type Stage, visitsOf } from "./passage.ts";

const { values } = parseArgs({
  options: {
    layers: { type: "string", default: "4" },
    answers: { type: "string", default: "5" },
    tokens: { type: "string", default: "200" },
    node: { type: "boolean", default: false },
  },
});
const [layers, answers, tokens] = [
  Number(values.layers),
  Number(values.answers),
  Number(values.tokens),
];
const out = fileURLToPath(new URL("../out/", import.meta.url));
const model = join(out, `tinyllama-random-${layers}-layers.gguf`);
await writeRandomModel(model, { ...TINYLLAMA, layers });
const node = values.node ? findNode() : undefined;
if (values.node && node === undefined) {
  throw new Error("There is no Node 24 here and none to be had.");
}

await using pair = await startPair(model, node);
const [first, second] = pair.devices;
const passages: Passage[] = [];
const times: {
  readonly token: number;
  readonly reader: number;
  readonly threads: ThreadTimes;
}[] = [];
for (let answer = 0; answer <= answers; answer++) {
  await Promise.all([first.take(), second.take()]);
  const { arrivals, threads } = await follow();
  const [stamps, others] = [await first.take(), await second.take()];
  const passage = passageOf(stamps, others);
  // The first answer warms up.
  if (answer > 0) {
    passages.push(passage);
    times.push({
      token: ((arrivals.at(-1) ?? NaN) - (arrivals[0] ?? NaN)) /
        (arrivals.length - 1),
      reader: median(
        visitsOf(stamps).map(({ arrived = NaN }, index) => (arrivals[index] ?? NaN) - arrived),
      ),
      threads,
    });
  }
}
const stages = medians(passages.map((passage) => passage.stages));
const beside = medians(passages.map((passage) => passage.beside));
const token = median(times.map((time) => time.token));
const threads = Object.fromEntries(
  threadKinds.map((kind) => [
    kind,
    median(times.map((time) => time.threads[kind])),
  ]),
);

console.log(
  `${cpus()[0]?.model.trim() ?? "?"}, ${availableParallelism()} cores, ${layers} layers, ${
    node === undefined ? "Deno" : "Node"
  }\n`,
);
const blocks = sum(stages.filter(({ what }) => what === "the blocks"));
console.log(table(["device", "stage", "ms"], [...stages, ...beside].map(row)));
console.log(
  `\na token: ${token.toFixed(2)} ms, ${blocks.toFixed(2)} of them in the blocks; all stages: ${
    sum(stages).toFixed(2)
  }; two hops: ${(sum(stages) - blocks).toFixed(2)}`,
);
console.log(
  `from its frame to the reader: ${median(times.map((time) => time.reader)).toFixed(2)} ms`,
);
console.log(
  `processor ms a token, both devices: ${threadKinds.map((kind) => `${kind} ${threads[kind]?.toFixed(2)}`).join(", ")}`,
);
const runtime = node === undefined ? "deno" : "node";
saveResult(join(out, "hop.json"), { layers, answers, tokens, runtime, token, stages, beside, threads }, {
  title: "What a hop is made of",
  note: `${machineOf()}; ${layers} layers, ${runtime}, medians of ${answers} answers of ${tokens} tokens`,
  charts: [{
    type: "bars",
    title: "A token's way",
    unit: "ms",
    groups: stages.map(({ device, what, milliseconds }) => ({
      name: `${device}: ${what}`,
      bars: [{ name: "median", value: milliseconds }],
    })),
  }],
});

/** One answer: when each of its tokens was read, in milliseconds since 1970, and what the threads used for one. */
async function follow(): Promise<
  { readonly arrivals: readonly number[]; readonly threads: ThreadTimes }
> {
  const pids = pair.devices.map(({ pid }) => pid);
  const response = await fetch(`${first.api}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({
      prompt: promptOf(16),
      max_tokens: tokens,
      temperature: 0,
      stream: true,
    }),
  });
  if (!response.ok) throw new Error(await response.text());
  const before = await readThreads(pids);
  const arrivals: number[] = [];
  for await (
    const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []
  ) {
    // A line a token.
    for (const _ of text.matchAll(/"finish_reason":null/g)) {
      arrivals.push(performance.timeOrigin + performance.now());
    }
  }
  const used = usedBetween(before, await readThreads(pids));
  const share = (
    [kind, time]: [string, number],
  ) => [kind, time / arrivals.length];
  return {
    arrivals,
    threads: Object.fromEntries(
      Object.entries(used).map(share),
    ) as unknown as ThreadTimes,
  };
}

/** The median of each stage over the answers. */
function medians(answers: readonly (readonly Stage[])[]): Stage[] {
  return (answers[0] ?? []).map((stage, index) => ({
    ...stage,
    milliseconds: median(
      answers.map((stages) => stages[index]?.milliseconds ?? NaN),
    ),
  }));
}

function sum(stages: readonly Stage[]): number {
  return stages.reduce((total, { milliseconds }) => total + milliseconds, 0);
}

function row({ device, what, milliseconds }: Stage): string[] {
  return [device, what, milliseconds.toFixed(3)];
}
