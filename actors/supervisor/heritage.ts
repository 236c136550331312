/** Caches that go along when blocks change hands: a new segment has them before its plan is in force. */
import { keepsCache } from "../../models/block-role.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import type { Source } from "../executor/heritage-protocol.ts";
import type { AssignMessage, BequeathMessage } from "../leader/orders.ts";
import { type Held, heldAt } from "./held.ts";
import type { SupervisorContext, SupervisorState } from "./state.ts";

/** How long bringing the caches may take before the segment counts as ready without; what is missing is run again. */
const INHERIT_MILLISECONDS = 20_000;
/** How long a segment outlives its plan for those who inherit from it: answers go over within a round trip or two. */
const LINGER_MILLISECONDS = 3000;

/** Has a new segment take over the caches of those that run its blocks now; `ready` is called at once where there are none. */
export function inherit({ ref, assignment, loaded }: Held, context: SupervisorContext, ready: () => void): void {
  const sources = sourcesOf(assignment, loaded.manifest);
  if (sources.length === 0) return ready();
  context.ask(ref, (replyTo: Ref<Reply<null>>) => ({ type: "inherit" as const, sources, replyTo }), {
    timeoutMs: INHERIT_MILLISECONDS,
    signal: context.signal,
  }).then(() => context.tell(context.self, { type: "inherited", path: ref.path }));
}

/** Where the layers of a segment are now: nowhere known, where not all of its blocks are. */
export function sourcesOf(
  { first, last, heritage = [] }: Pick<AssignMessage, "first" | "last" | "heritage">,
  { blocks }: Pick<Manifest, "blocks">,
): Source[] {
  const layersIn = (from: number, to: number) => blocks.slice(from, to + 1).filter(keepsCache).length;
  const sources = heritage.flatMap((other): Source[] => {
    const [from, to] = [Math.max(first, other.first), Math.min(last, other.last)];
    if (from > to) return [];
    return [{
      ref: other.ref,
      from: layersIn(other.first, from - 1),
      to: layersIn(first, from - 1),
      layers: layersIn(from, to),
    }];
  });
  const layers = sources.reduce((sum, source) => sum + source.layers, 0);
  return layers === layersIn(first, last) ? sources : [];
}

/** Has a segment lend what its caches hold to the devices that take its blocks over. */
export function bequeath(state: SupervisorState, { ref, heirs }: BequeathMessage, context: SupervisorContext): void {
  const held = heldAt(state.held, ref);
  if (held === undefined || held.stopping) return;
  held.bequeaths = heirs.length > 0;
  context.tell(held.ref, { type: "bequeath", heirs });
}

/** Stops a segment that no plan needs, a little later where others inherit from it. */
export function stopHeld(held: Held, context: SupervisorContext): void {
  held.stopping = true;
  if (held.bequeaths) context.after(LINGER_MILLISECONDS, { type: "bequeathed", path: held.ref.path });
  else void context.stop(held.ref);
}

/** Stops a segment whose heirs have had their time. */
export function endHeld(state: SupervisorState, path: string, context: SupervisorContext): void {
  const held = state.held.find(({ ref }) => ref.path === path);
  if (held !== undefined) void context.stop(held.ref);
}
