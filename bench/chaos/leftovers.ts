/** What a mesh still holds when nobody reads any more. */
import type { Inspection } from "../../actors/gateway/api.ts";
import type { LocalMesh } from "../../tests/e2e/local-mesh.ts";

export interface Leftovers {
  readonly answers: number;
  readonly conversations: number;
  /** Executors beyond the one a device that its plan takes. */
  readonly executors: number;
  /** Slots of executors that are taken, sequences that wait for one, and tokens of caches that are reserved. */
  readonly places: number;
  /** Restarts of actors, in all. */
  readonly restarts: number;
}

/** How long a mesh may take to clear up. */
const CLEAR_MILLISECONDS = 10_000;

/** Looks until nothing is left, or for ten seconds. */
export async function leftoversOf(
  mesh: LocalMesh,
  devices: readonly number[],
): Promise<Leftovers> {
  const deadline = performance.now() + CLEAR_MILLISECONDS;
  for (;;) {
    const left = await look(mesh, devices);
    const total = left.answers + left.conversations + left.executors +
      left.places;
    if (total === 0 || performance.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function look(
  mesh: LocalMesh,
  [first = 0]: readonly number[],
): Promise<Leftovers> {
  const inspection = await (await fetch(`${mesh.api(first)}/skein/inspect`))
    .json() as Inspection;
  const views = inspection.devices.flatMap((device) => "error" in device ? [] : [device]);
  const actors = views.flatMap((view) => view.actors);
  const count = (name: RegExp) => actors.filter(({ path }) => name.test(path)).length;
  const segments = inspection.state.type === "active" ? inspection.state.plan.segments : [];
  const planned = segments.reduce(
    (sum, { mirror }) => sum + (mirror === undefined ? 1 : 2),
    0,
  );
  const looks = views.flatMap(({ segments }) => segments.flatMap(({ look }) => look === undefined ? [] : [look]));
  return {
    answers: count(/\/answer-[^/]*$/),
    conversations: count(/\/conversation-[^/]*$/),
    executors: Math.max(0, count(/\/executor-[^/]*$/) - planned),
    places: looks.reduce(
      (sum, { slots, waiting, tokens }) => sum + slots.taken + waiting + (tokens?.taken ?? 0),
      0,
    ),
    restarts: actors.reduce((sum, { restarts }) => sum + restarts, 0),
  };
}
