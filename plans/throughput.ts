/** What a plan gives with many requests under way, in the number of lanes that serves best. */
import { busyMilliseconds, moveMilliseconds, workMilliseconds } from "./cost.ts";
import { laneCounts, loadOf } from "./lanes.ts";
import type { LinkPrediction } from "./stages.ts";
import type { Device, Problem, Run } from "./problem.ts";

/** What limits throughput. */
export interface Bottleneck {
  /** `loop`: too few requests are under way to fill the pipeline. */
  readonly kind: "stage" | "link" | "loop";
  /** A device's name, "A to B", or what the loop is. */
  readonly name: string;
  /** Milliseconds a token. */
  readonly milliseconds: number;
}

export interface Throughput {
  readonly lanes: number;
  readonly bottleneck: Bottleneck;
}

/** Whether blocks that would have to move are charged for. */
type Charging = "plain" | "charged";

/** The throughput of runs under a sound problem; `entry` is what prompts take to the first device, in milliseconds. */
export function throughputOf(
  problem: Problem,
  runs: readonly Run[],
  links: readonly LinkPrediction[],
  entry: number,
  charging: Charging,
): Throughput {
  return laneCounts({ ...problem, objective: "throughput" })
    .map((lanes) => ({ lanes, bottleneck: bottleneckOf(problem, runs, links, entry, charging, lanes) }))
    .reduce((best, each) => each.bottleneck.milliseconds < best.bottleneck.milliseconds ? each : best);
}

function bottleneckOf(
  problem: Problem,
  runs: readonly Run[],
  links: readonly LinkPrediction[],
  entry: number,
  charging: Charging,
  lanes: number,
): Bottleneck {
  const { shape } = problem;
  const load = loadOf(shape);
  const rows = load / lanes;
  const stages = new Map<string, { readonly name: string; readonly milliseconds: number }>();
  let loop = entry;
  for (const run of runs) {
    const device = problem.devices.find(({ device }) => device === run.device) as Device;
    let busy = stages.get(run.device)?.milliseconds ?? 0;
    for (let block = run.first; block <= run.last; block++) {
      const moving = charging === "charged" ? moveMilliseconds(problem, run.device, block) : 0;
      busy += busyMilliseconds(problem, device, block, rows) + moving;
      loop += workMilliseconds(problem, device, block, rows) + moving;
    }
    stages.set(run.device, { name: device.name, milliseconds: busy });
  }
  for (const { requestMilliseconds, tokenMilliseconds, back } of links) {
    loop += requestMilliseconds + (rows - 1) * (shape.outputTokens - (back ? 0 : 1)) * tokenMilliseconds;
  }
  const candidates: Bottleneck[] = [
    ...[...stages.values()].map((each) => ({ kind: "stage" as const, ...each })),
    ...links.map(({ name, busyMilliseconds }) => ({ kind: "link" as const, name, milliseconds: busyMilliseconds })),
    {
      kind: "loop",
      name: load === 1 ? "one request at a time" : `${load} requests at a time`,
      milliseconds: loop / load,
    },
  ];
  const worst = candidates.reduce((a, b) => b.milliseconds > a.milliseconds ? b : a);
  return { ...worst, milliseconds: worst.milliseconds / shape.outputTokens };
}
