/** What the runs come to, a line for each thing that is promised of balancing. */
import { simulatedDays } from "../../tests/actors/balancer/simulated-days.ts";
import { noise } from "../../tests/actors/balancer/weather.ts";
import { median } from "../statistics.ts";
import type { RunResult } from "./run.ts";

/** Windows of an hour. */
const HOUR = 720;
/** Quiet hours that are simulated. */
const HOURS = 24;

/** How many times the tokens a mesh gives at the end with balancing, beside without, each beside its own quiet. */
export function gainOf(results: readonly RunResult[]): number {
  const end = (balance: "on" | "off") => {
    const runs = results.filter((result) => result.balance === balance);
    return median(runs.map(({ rates }) => rates.end / rates.quiet));
  };
  return end("on") / end("off");
}

/** Moves of a mesh in hours in which devices only vary: balancers and a leader as they are, on drawn steps. */
export async function quietMoves(): Promise<number> {
  const days = await simulatedDays(noise(11));
  await days.pass(HOURS * HOUR);
  return days.moves.length;
}

/** The lines, with what each is held against. */
export async function verdictOf(
  results: readonly RunResult[],
): Promise<string[]> {
  const moved = results.filter(({ balance }) => balance === "on");
  const reactions = moved.flatMap(({ reactionSeconds }) => reactionSeconds ?? []);
  const pauses = moved.flatMap(({ pauses }) => pauses ?? []);
  const inTokens = (which: "p95" | "longest") => Math.max(...pauses.map((pause) => pause[which] / pause.usual));
  const never = "nothing moved";
  return [
    `throughput with balancing against without: ${gainOf(results).toFixed(2)} times (LinguaLinked: 1.29 to 1.32)`,
    `time to react: ${reactions.length === 0 ? never : `${median(reactions).toFixed(1)} s to the first new plan`}`,
    pauses.length === 0
      ? `pause while moving: ${never}`
      : `pause while moving: p95 ${inTokens("p95").toFixed(1)} token times, longest ${
        inTokens("longest").toFixed(1)
      } ` +
        `(p95 is to be 2 at most)`,
    `moved: ${
      moved.map(({ movedBytes }) => `${(movedBytes / 2 ** 20).toFixed(0)} MiB`)
        .join(", ")
    }`,
    `moves in the quiet: ${moved.map(({ quietMoves }) => quietMoves).join(", ")} on real daemons, ` +
    `${await quietMoves()} in ${HOURS} simulated hours (0 is wanted)`,
  ];
}
