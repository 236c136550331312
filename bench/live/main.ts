/**
 * Planning on real daemons: three on this machine, limited to different speeds and memory. The even split is measured,
 * then the planner's plan, and each is held against its prediction. Prints a table and writes bench/out/live.json.
 * The slower devices are emulated: their compute thread waits after each block.
 *
 *     npm run bench:live -- [--answers 5] [--tokens 48]
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { SolveAnswer } from "../../actors/leader/solver.ts";
import type { PlanView } from "../../actors/gateway/api.ts";
import { table } from "../../cli/table.ts";
import { complete, startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import { TINYLLAMA, writeRandomModel } from "../decode/random-model.ts";
import { machineOf, saveResult } from "../picture/save.ts";

const { values } = parseArgs({
  options: {
    answers: { type: "string", default: "5" },
    tokens: { type: "string", default: "48" },
  },
});
const [answers, tokens] = [Number(values.answers), Number(values.tokens)];
/** Prompt ids: short, so that decode is what is measured. */
const PROMPT = Array.from(
  { length: 16 },
  (_, index) => 300 + index * 7919 % 31_000,
);
/** How each daemon is limited; no one of them can hold the model (about 780 MB). */
const LIMITS = [
  ["--memory", "450MB", "--slowdown", "3"],
  ["--memory", "600MB", "--slowdown", "1"],
  ["--memory", "500MB", "--slowdown", "1.5"],
] as const;

const out = fileURLToPath(new URL("../out/", import.meta.url));
const model = `${out}tinyllama-random-q4_0.gguf`;
await writeRandomModel(model, TINYLLAMA);

await using mesh = await startLocalMesh(3, model, [
  "--concurrency",
  "1",
  "--context",
  "128",
  "--objective",
  "latency",
], {
  limits: LIMITS,
  spread: false,
});
const blocks = await mesh.until(({ state }) => state.type === "active");
const count = blocks.state.type === "active" ? blocks.state.plan.model.blocks : 0;

const rows: {
  plan: string;
  split: string;
  predicted: number;
  measured: number;
}[] = [];
// The even split by memory teaches every device how fast it is at real work; then the planner decides.
for (const name of ["even split", "planned"]) {
  if (name === "even split") await mesh.split(evenly(count));
  else await mesh.auto();
  for (let answer = 0; answer < answers; answer++) {
    await complete(mesh.api(0), PROMPT, tokens);
  }
  // Reports of what was measured reach the leader.
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const view = await (await fetch(`${mesh.api(0)}/skein/plan`))
    .json() as PlanView;
  const study = await (await fetch(`${mesh.api(0)}/skein/study`, {
    method: "POST",
    body: JSON.stringify({ changes: [] }),
  }))
    .json() as SolveAnswer;
  if (view.state.type !== "active" || view.measured === undefined) {
    throw new Error("There is no plan, or nothing was measured.");
  }
  rows.push({
    plan: name,
    split: view.state.plan.segments.map(({ name, first, last }) => `${name} ${first}-${last}`).join(" > "),
    predicted: study.current?.tpotMilliseconds ?? NaN,
    measured: view.measured.tpotMilliseconds,
  });
}
const [even, planned] = rows;
console.log(table(
  [
    "plan",
    "split",
    "predicted TPOT ms",
    "measured TPOT ms",
    "measured / predicted",
  ],
  rows.map((row) => [
    row.plan,
    row.split,
    row.predicted.toFixed(1),
    row.measured.toFixed(1),
    (row.measured / row.predicted).toFixed(3),
  ]),
));
const gain = {
  predicted: (even?.predicted ?? NaN) / (planned?.predicted ?? NaN),
  measured: (even?.measured ?? NaN) / (planned?.measured ?? NaN),
};
console.log(
  `the plan is ${gain.measured.toFixed(2)} times faster than the even split; predicted: ${
    gain.predicted.toFixed(2)
  } times`,
);
saveResult(`${out}live.json`, { answers, tokens, limits: LIMITS, rows, gain }, {
  title: "What was predicted and what was measured",
  note: `${machineOf()}; ${answers} answers of ${tokens} tokens`,
  charts: [{
    type: "bars",
    title: "By plan",
    unit: "ms a token",
    groups: rows.map(({ plan, predicted, measured }) => ({
      name: plan,
      bars: [{ name: "predicted", value: predicted }, { name: "measured", value: measured }],
    })),
  }],
});

/** Blocks a device, in proportion to its memory. */
function evenly(blocks: number): number[] {
  const memory = LIMITS.map(([, size]) => parseInt(size));
  const total = memory.reduce((sum, megabytes) => sum + megabytes, 0);
  const counts = memory.map((megabytes) => Math.floor(blocks * megabytes / total));
  counts[1] = blocks - (counts[0] ?? 0) - (counts[2] ?? 0);
  return counts;
}
