/** Levels on three daemons: whether each saves there what it saves on one. */
import { startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import { median } from "../statistics.ts";
import { ask } from "./ask.ts";
import { promptsOf } from "./prompts.ts";
import type { Proportion } from "./proportion.ts";

/** A level's tokens on three devices. */
export interface MeshLevel {
  readonly level: number;
  readonly answers: number;
  /** Milliseconds a token: the median of answers. */
  readonly tpot: number;
  /** The whole model's there, less what the level's slices should save by one device's blocks. */
  readonly expected: number;
}

/** What is asked for in turns, as shares of the whole model's time a token: between them each level is chosen. */
const shares: readonly number[] = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.4, 0.3];

/** Answers at every level that the daemons can be brought to choose. `alone` is what levels took on one device. */
export async function measureMeshLevels(
  model: string,
  alone: readonly Proportion[],
  rounds: number,
): Promise<MeshLevel[]> {
  await using mesh = await startLocalMesh(3, model, ["--speculation", "off", "--balance", "off"]);
  const found = new Map<number, number[]>();
  const tasks = promptsOf("validation", 1).filter(({ answer }) => answer.length > 30);
  // The first answers teach what levels take.
  for (let round = -1; round < rounds; round++) {
    for (const [index, tpot] of shares.entries()) {
      const task = tasks[(Math.max(0, round) * shares.length + index) % tasks.length];
      if (task === undefined) continue;
      const seen = await ask(mesh, task, { tpot });
      const [level = 1] = seen.level.split("/").map(Number);
      if (round >= 0 && Number.isFinite(seen.tpot)) found.set(level, [...found.get(level) ?? [], seen.tpot]);
    }
  }
  const whole = alone.at(-1);
  const wholeThere = median(found.get(whole?.level ?? 1) ?? []);
  return alone.flatMap(({ level, expected }) => {
    const seen = found.get(level);
    if (seen === undefined) return [];
    const saved = (whole?.tpot ?? NaN) - expected;
    return [{ level, answers: seen.length, tpot: median(seen), expected: wholeThere - saved }];
  });
}
