/** One mesh of three daemons, of which one becomes slow while somebody reads. */
import type { PlanView } from "../../actors/gateway/api.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import { type LocalMesh, startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import { median, percentile } from "../statistics.ts";
import { gapsBetween, rateBetween, readOn, TOKEN_BY_TOKEN } from "./reader.ts";
import { throttle } from "./throttle.ts";

/** How long a daemon may take to compile the model, and the others to fetch their share. */
const PATIENCE_MILLISECONDS = 300_000;
/** Around a plan's change: what readers notice of it. */
const AROUND_MILLISECONDS = 2000;

export interface RunOptions {
  readonly balance: "on" | "off";
  /** Most memory of each daemon: so that no two can hold the model. */
  readonly memory: string;
  readonly factor: number;
  /** Of quiet before the slowdown, and of what follows. */
  readonly quietSeconds: number;
  readonly slowSeconds: number;
}

export interface RunResult {
  readonly balance: "on" | "off";
  readonly split: { readonly before: string; readonly after: string };
  readonly slowed: string;
  /** Tokens a second: in the quiet, in the ten seconds after the slowdown, and at the end. */
  readonly rates: {
    readonly quiet: number;
    readonly slowed: number;
    readonly end: number;
  };
  readonly quietMoves: number;
  readonly moves: number;
  /** From the slowdown to the first new plan; absent where there was none. */
  readonly reactionSeconds?: number;
  /** Milliseconds from token to token: the usual ones before the first move, and those around all moves. */
  readonly pauses?: {
    readonly usual: number;
    readonly p95: number;
    readonly longest: number;
  };
  /** Weights and caches of blocks that changed their device. */
  readonly movedBytes: number;
  /** What was said about it. */
  readonly words: readonly string[];
}

interface Change {
  readonly at: number;
  readonly plan: ActivePlan;
}

/** Measures one mesh from its start to its end. */
export async function runOnce(
  model: string,
  options: RunOptions,
): Promise<RunResult> {
  const { balance, memory } = options;
  const parameters = [
    "--concurrency",
    "2",
    "--context",
    "512",
    "--objective",
    "latency",
  ];
  await using mesh = await startLocalMesh(3, model, [
    ...parameters,
    ...TOKEN_BY_TOKEN,
    "--memory",
    memory,
    "--balance",
    balance,
  ], {
    spread: false,
    patience: PATIENCE_MILLISECONDS,
  });
  await mesh.until(({ state }) => state.type === "active" && state.plan.segments.length === 3);
  const words = listen(mesh);
  const [arrivals, ending] = [[] as number[][], new AbortController()];
  const reading = readOn(mesh.api(0), arrivals, ending.signal);
  const seen = await slowDown(mesh, options);
  ending.abort();
  await reading;
  return { balance, ...summaryOf(seen, arrivals), words };
}

/** What was seen while a device became slow, and when. */
interface Seen {
  readonly slowed: string;
  readonly plans: { readonly before: ActivePlan; readonly after: ActivePlan };
  readonly changes: readonly Change[];
  readonly times: {
    readonly quiet: number;
    readonly slow: number;
    readonly end: number;
  };
}

async function slowDown(
  mesh: LocalMesh,
  { factor, quietSeconds, slowSeconds }: RunOptions,
): Promise<Seen> {
  const watch = watchPlans(mesh);
  // Until the plan rests on measurements, and not on guesses.
  await seconds(quietSeconds);
  const quiet = performance.now();
  await seconds(quietSeconds);
  const before = await watch.latest();
  const slowed = victimOf(before);
  const slow = performance.now();
  const end = throttle(
    mesh.daemons.find(({ ready }) => ready.name === slowed)?.ready.pid ?? 0,
    factor,
  );
  await seconds(slowSeconds).finally(end);
  const times = { quiet, slow, end: performance.now() };
  const after = await watch.latest();
  watch.stop();
  return { slowed, plans: { before, after }, changes: watch.changes, times };
}

function summaryOf(
  { slowed, plans, changes, times }: Seen,
  arrivals: readonly (readonly number[])[],
): Omit<RunResult, "balance" | "words"> {
  const { quiet, slow, end } = times;
  const moves = changes.filter(({ at }) => at >= slow);
  const [first] = moves;
  return {
    split: { before: splitOf(plans.before), after: splitOf(plans.after) },
    slowed,
    rates: {
      quiet: rateBetween(arrivals, quiet, slow),
      slowed: rateBetween(arrivals, slow, slow + 10_000),
      end: rateBetween(arrivals, end - (end - slow) / 3, end),
    },
    quietMoves: changes.filter(({ at }) => at >= quiet && at < slow).length,
    moves: moves.length,
    ...(first === undefined ? {} : {
      reactionSeconds: (first.at - slow) / 1000,
      pauses: pausesOf(arrivals, slow, moves.map(({ at }) => at)),
    }),
    movedBytes: movedBytes([plans.before, ...moves.map(({ plan }) => plan)]),
  };
}

/** The balancers' and the leader's words, as the daemons tell them. */
function listen(mesh: LocalMesh): string[] {
  const words: string[] = [];
  const begun = performance.now();
  for (const daemon of mesh.daemons) {
    daemon.onEvent((event) => {
      if (event.type !== "balance") return;
      const { step, reason } = event as unknown as {
        step: string;
        reason: string;
      };
      words.push(
        `${((performance.now() - begun) / 1000).toFixed(1)} s, ${daemon.ready.name}: ${step}: ${reason}`,
      );
    });
  }
  return words;
}

/** Looks at the plan in force ten times a second, and keeps its changes of split. */
function watchPlans(mesh: LocalMesh) {
  const changes: Change[] = [];
  let known: string | undefined;
  const latest = async (): Promise<ActivePlan> => {
    const { state } = await mesh.until(({ state }) => state.type === "active");
    if (state.type !== "active") throw new Error("There is no plan.");
    return state.plan;
  };
  const timer = setInterval(async () => {
    const view = await fetch(`${mesh.api(0)}/skein/plan`).then((response) => response.json()).catch(() => undefined);
    const state = (view as PlanView | undefined)?.state;
    if (state?.type !== "active") return;
    const split = splitOf(state.plan);
    if (known !== undefined && split !== known) {
      changes.push({ at: performance.now(), plan: state.plan });
    }
    known = split;
  }, 100);
  return { changes, latest, stop: () => clearInterval(timer) };
}

/** Who becomes slow: the one with the most blocks, aside from the one that is asked. */
function victimOf({ segments }: ActivePlan): string {
  const sizes = segments.filter(({ name }) => name !== "d0").sort((a, b) => (b.last - b.first) - (a.last - a.first));
  return sizes[0]?.name ?? "d1";
}

function pausesOf(
  arrivals: readonly (readonly number[])[],
  slowFrom: number,
  changed: readonly number[],
) {
  const around = changed.flatMap((at) => gapsBetween(arrivals, at - AROUND_MILLISECONDS, at + AROUND_MILLISECONDS));
  return {
    usual: median(
      gapsBetween(
        arrivals,
        slowFrom,
        (changed[0] ?? Infinity) - AROUND_MILLISECONDS,
      ),
    ),
    p95: percentile(around, 0.95),
    longest: Math.max(...around),
  };
}

/** Bytes of blocks that were on another device before, from plan to plan. */
function movedBytes(plans: readonly ActivePlan[]): number {
  let total = 0;
  for (const [index, plan] of plans.entries()) {
    const before = plans[index - 1];
    if (before === undefined) continue;
    for (const { device, first, last, bytes } of plan.segments) {
      const held = before.segments.find((segment) => segment.device === device);
      for (let block = first; block <= last; block++) {
        if (held === undefined || block < held.first || block > held.last) {
          total += bytes / (last - first + 1);
        }
      }
    }
  }
  return Math.round(total);
}

function splitOf({ segments }: ActivePlan): string {
  return segments.map(({ name, first, last }) => `${name} ${first}-${last}`)
    .join(" > ");
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * count));
}
