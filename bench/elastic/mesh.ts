/** Three daemons, one of them slowed, that answer a trace with targets in milliseconds: with levels, and without. */
import { seededRandom, type Task } from "../../training/generator/mod.ts";
import { type LocalMesh, startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import { median, percentile } from "../statistics.ts";
import { ask, type Seen } from "./ask.ts";
import { promptsOf } from "./prompts.ts";
import { targets } from "./targets.ts";
import { traceOf } from "./trace.ts";

/** One way to ask for the trace's answers. */
export interface MeshRow {
  readonly name: string;
  readonly requests: number;
  /** Shares of requests: of targets met, and of both halves of them. */
  readonly met: number;
  readonly ttft: number;
  readonly tpot: number;
  /** Right and in time. */
  readonly good: number;
  readonly right: number;
  /** The larger of TTFT and TPOT over their limits, at the 95th percentile. */
  readonly p95: number;
}

export interface MeshResult {
  readonly rows: readonly MeshRow[];
  /** Milliseconds that the whole model takes there: to the first token, that and more for each character of the prompt, and a token. */
  readonly whole: { readonly ttftPerCharacter: number; readonly ttft: number; readonly tpot: number };
  /** How many answers used which level. */
  readonly levels: Readonly<Record<string, number>>;
}

export interface MeshOptions {
  readonly model: string;
  readonly requests: number;
  readonly load: number;
  /** So many times slower one of the daemons is. */
  readonly slowdown: number;
  readonly say: (line: string) => void;
}

interface Limits {
  readonly ttft_ms: number;
  readonly tpot_ms: number;
}

/** Runs the same trace with targets and without. */
export async function runMesh({ model, requests, load, slowdown, say }: MeshOptions): Promise<MeshResult> {
  const options = ["--speculation", "off", "--balance", "off", "--concurrency", "4"];
  await using mesh = await startLocalMesh(3, model, options, { limits: [[], [], ["--slowdown", `${slowdown}`]] });
  say("Three daemons: the whole model");
  const tasks = promptsOf("test", 4);
  const [usual, service] = await measureWhole(mesh, tasks.slice(0, Math.min(40, 2 * requests)));
  const trace = traceOf({
    random: seededRandom(1),
    skew: 0,
    requests,
    every: service / load,
    prompts: tasks.length,
  });
  const limits = trace.map(({ target, prompt }): Limits => {
    const share = targets[target] ?? { ttft: 1, tpot: 1 };
    const characters = tasks[prompt]?.prompt.length ?? 0;
    return {
      ttft_ms: share.ttft * (usual.ttft + usual.ttftPerCharacter * characters),
      tpot_ms: share.tpot * usual.tpot,
    };
  });
  const rows: MeshRow[] = [];
  const levels: Record<string, number> = {};
  for (const name of ["with levels", "without"] as const) {
    say(`Three daemons: ${requests} requests ${name}`);
    const began = performance.now();
    const answers = await Promise.all(trace.map(async ({ at, prompt }, index) => {
      await new Promise((resolve) => setTimeout(resolve, at - (performance.now() - began)));
      const task = tasks[prompt];
      const limit = limits[index];
      if (task === undefined || limit === undefined) throw new RangeError(`There is no prompt ${prompt}.`);
      const seen = await ask(mesh, task, name === "with levels" ? limit : undefined);
      if (name === "with levels") levels[seen.level] = (levels[seen.level] ?? 0) + 1;
      return { seen, limit, right: seen.text.trim() === task.answer };
    }));
    rows.push(rowOf(name, answers));
  }
  return { rows, whole: usual, levels };
}

/** What the whole model takes: a line through TTFT by characters of the prompt, TPOT, and an answer at the mean. */
async function measureWhole(mesh: LocalMesh, tasks: readonly Task[]): Promise<readonly [MeshResult["whole"], number]> {
  await ask(mesh, tasks[0] as Task, undefined);
  const seen: { readonly length: number; readonly ttft: number; readonly tpot: number; readonly all: number }[] = [];
  for (const task of tasks) {
    const began = performance.now();
    const { ttft, tpot } = await ask(mesh, task, undefined);
    seen.push({ length: task.prompt.length, ttft, tpot, all: performance.now() - began });
  }
  // Theil and Sen: the median of slopes, which the odd long wait does not move.
  const slopes = seen.flatMap((a) =>
    seen.flatMap((b) => a.length < b.length ? (b.ttft - a.ttft) / (b.length - a.length) : [])
  );
  const ttftPerCharacter = Math.max(0, median(slopes));
  const ttft = median(seen.map((one) => one.ttft - ttftPerCharacter * one.length));
  const tpot = median(seen.flatMap((one) => Number.isFinite(one.tpot) ? one.tpot : []));
  return [{ ttftPerCharacter, ttft, tpot }, seen.reduce((sum, { all }) => sum + all, 0) / seen.length];
}

function rowOf(
  name: string,
  answers: readonly { readonly seen: Seen; readonly limit: Limits; readonly right: boolean }[],
): MeshRow {
  const share = (is: (answer: typeof answers[number]) => boolean) => answers.filter(is).length / answers.length;
  const inTtft = ({ seen, limit }: typeof answers[number]) => seen.ttft <= limit.ttft_ms;
  const inTpot = ({ seen, limit }: typeof answers[number]) => !(seen.tpot > limit.tpot_ms);
  return {
    name,
    requests: answers.length,
    met: share((one) => inTtft(one) && inTpot(one)),
    ttft: share(inTtft),
    tpot: share(inTpot),
    good: share((one) => one.right && inTtft(one) && inTpot(one)),
    right: share(({ right }) => right),
    p95: percentile(
      answers.map(({ seen, limit }) => Math.max(seen.ttft / limit.ttft_ms, (seen.tpot || 0) / limit.tpot_ms)),
      0.95,
    ),
  };
}
