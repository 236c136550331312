/** Runs a group's servers in turns, load by load, round after round. */
import type { Column, Group } from "./groups.ts";
import { type Measures, measuresOf, medianMeasures } from "./measures.ts";
import { put } from "./loads.ts";
import type { Server } from "./server.ts";

/** Medians of a row under a load. */
export interface Result {
  readonly row: string;
  readonly column: string;
  readonly measures: Measures;
  /** Tokens a second, where a planner expects some: of each round, as devices learn what they take. */
  readonly predicted: number | undefined;
}

/** Measures a group; a round before those that count warms up, and teaches devices what steps take. */
export async function measureGroup(
  { rows, columns }: Group,
  model: string,
  rounds: number,
): Promise<Result[]> {
  await using started = new AsyncDisposableStack();
  const servers: Server[] = [];
  for (const { start } of rows) servers.push(started.use(await start(model)));
  const measured = new Map<string, Measures[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const column of columns) {
      for (const [index, server] of servers.entries()) {
        const answered = await put(
          column.load,
          server,
          1 + round,
          column.temperature,
        );
        if (round > 0) {
          keep(measured, `${index} ${column.name}`, measuresOf(answered));
        }
      }
    }
    console.error(
      round === 0 ? "  warmed up" : `  round ${round} of ${rounds}`,
    );
  }
  const results: Result[] = [];
  for (const [index, { name: row }] of rows.entries()) {
    for (const column of columns) {
      const measures = medianMeasures(
        measured.get(`${index} ${column.name}`) ?? [],
      );
      results.push({
        row,
        column: column.name,
        measures,
        predicted: await expected(servers[index], column),
      });
    }
  }
  return results;
}

function keep(
  all: Map<string, Measures[]>,
  key: string,
  measures: Measures,
): void {
  all.set(key, [...all.get(key) ?? [], measures]);
}

/** What the planner makes of a load of equal prompts; decode alone where each client asks once, as that is what is measured. */
async function expected(
  server: Server | undefined,
  { load }: Column,
): Promise<number | undefined> {
  if (
    server === undefined || load.type !== "closed" ||
    load.lengths.prompt[0] !== load.lengths.prompt[1]
  ) {
    return undefined;
  }
  const promptTokens = load.answers === 1 ? 0 : load.lengths.prompt[0];
  return await server.predict({
    load: load.clients,
    promptTokens,
    tokens: load.lengths.tokens,
  });
}
