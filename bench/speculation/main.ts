/**
 * What guesses bring: two meshes of daemons on this machine, with speculation and without, take turns at the same answers,
 * which have to be the same. Medians of tokens a second, and of each pair's ratio; with links as they are here and with a
 * proxy between the devices that holds back every byte for a while, each way. Prints a table, writes bench/out/speculation.json.
 *
 *     npm run bench:speculation -- [--model builtin] [--devices 2] [--delay 0] [--tokens 128] [--rounds 7]
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../../cli/table.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { type LocalMesh, startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import { startSlowLinks } from "../delay.ts";
import { machineOf, saveResult } from "../picture/save.ts";
import { median } from "../statistics.ts";
import { PROMPTS, type SpeculationPrompt } from "./prompts.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "builtin" },
    devices: { type: "string", default: "2" },
    delay: { type: "string", default: "0" },
    tokens: { type: "string", default: "128" },
    rounds: { type: "string", default: "7" },
  },
});
const [devices, delay, tokens, rounds] = [
  values.devices,
  values.delay,
  values.tokens,
  values.rounds,
].map(Number) as [
  number,
  number,
  number,
  number,
];
const model = values.model === "builtin" ? builtinModelPath() : values.model;
/** How long a device may take to compile a model of a gigabyte, and the others to fetch their share. */
const COMPILE_MILLISECONDS = 600_000;

interface Answer {
  readonly text: string;
  readonly tokens: number;
  readonly tokensPerSecond: number;
  readonly accepted: number;
  readonly rejected: number;
}

interface Details {
  readonly usage: {
    readonly completion_tokens: number;
    readonly completion_tokens_details?: {
      readonly accepted_prediction_tokens: number;
      readonly rejected_prediction_tokens: number;
    };
  };
  readonly choices: readonly { readonly text: string }[];
  readonly skein: { readonly ttft_ms: number; readonly total_ms: number };
}

/** Has a prompt answered to the last token; what the daemon timed, from the first token on. */
async function answer(
  mesh: LocalMesh,
  { prompt, frequencyPenalty }: SpeculationPrompt,
): Promise<Answer> {
  const response = await fetch(`${mesh.api(0)}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({
      prompt,
      max_tokens: tokens,
      temperature: 0,
      frequency_penalty: frequencyPenalty,
      logit_bias: { "0": -100, "1": -100, "2": -100, "3": -100 },
    }),
  });
  if (!response.ok) throw new Error(await response.text());
  const { usage, choices, skein } = await response.json() as Details;
  const guessed = usage.completion_tokens_details;
  return {
    text: choices[0]?.text ?? "",
    tokens: usage.completion_tokens,
    tokensPerSecond: 1000 * (usage.completion_tokens - 1) /
      (skein.total_ms - skein.ttft_ms),
    accepted: guessed?.accepted_prediction_tokens ?? 0,
    rejected: guessed?.rejected_prediction_tokens ?? 0,
  };
}

await using meshes = new AsyncDisposableStack();
const start = async (speculation: "on" | "off") => {
  // Links of its own: the daemons listen where they lead.
  const slow = meshes.use(await startSlowLinks(delay === 0 ? 0 : devices, delay));
  return meshes.use(
    await startLocalMesh(devices, model, [
      "--speculation",
      speculation,
      "--mirrors",
      "off",
      "--balance",
      "off",
    ], {
      limits: slow.limits,
      patience: COMPILE_MILLISECONDS,
    }),
  );
};
const on = await start("on");
const off = await start("off");
const rows = [];
for (const prompt of PROMPTS) {
  const pairs: { readonly on: Answer; readonly off: Answer }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const first = round % 2 === 0 ? await answer(on, prompt) : undefined;
    const without = await answer(off, prompt);
    const pair = { on: first ?? await answer(on, prompt), off: without };
    if (pair.on.text !== pair.off.text) {
      throw new Error(`The answers to "${prompt.name}" are not the same.`);
    }
    // The first warms up.
    if (round > 0) pairs.push(pair);
  }
  const of = (what: (pair: typeof pairs[number]) => number) => median(pairs.map(what));
  const row = {
    prompt: prompt.name,
    tokens: of(({ off }) => off.tokens),
    off: of(({ off }) => off.tokensPerSecond),
    on: of(({ on }) => on.tokensPerSecond),
    ratio: of(({ on, off }) => on.tokensPerSecond / off.tokensPerSecond),
    accepted: of(({ on }) => on.accepted),
    rejected: of(({ on }) => on.rejected),
  };
  rows.push(row);
  console.error(JSON.stringify(row));
}
console.log(
  `${devices} devices, ${delay} ms of delay each way, ${tokens} tokens, ${rounds} rounds\n`,
);
console.log(table(
  ["answer", "tokens", "tokens/s without", "with", "ratio", "right", "wrong"],
  rows.map(({ prompt, tokens, off, on, ratio, accepted, rejected }) => {
    return [
      prompt,
      `${tokens}`,
      off.toFixed(1),
      on.toFixed(1),
      ratio.toFixed(2),
      `${accepted}`,
      `${rejected}`,
    ];
  }),
));
const out = fileURLToPath(new URL("../out/", import.meta.url));
saveResult(`${out}speculation.json`, { devices, delay, tokens, rounds, rows }, {
  title: "What guesses bring",
  note: `${machineOf()}; ${devices} devices, ${delay} ms of delay each way, medians of ${rounds} rounds`,
  charts: [{
    type: "bars",
    title: "Speculation",
    unit: "tokens a second",
    groups: rows.map(({ prompt, off, on }) => ({
      name: prompt,
      bars: [{ name: "without", value: off }, { name: "with", value: on }],
    })),
  }],
});
await on[Symbol.asyncDispose]();
await off[Symbol.asyncDispose]();
process.exit(0);
