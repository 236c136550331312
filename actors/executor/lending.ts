/** An executor whose blocks go to other segments by the next plan: lets them have what its caches hold. */
import { type Ref, type Reply, reply } from "../../runtime/actor/mod.ts";
import { kindOf } from "../cache-kind.ts";
import { MAX_STEP_TOKENS } from "../wire.ts";
import { gather } from "./forward.ts";
import type { Inventory, Lend, Lent } from "./heritage-protocol.ts";
import type { Kept } from "./orphans.ts";
import type { ExecutorState } from "./state.ts";

/** Tells an heir which sequences there are: open ones, and those that broke and may be taken up. */
export function takeInventory(state: ExecutorState, replyTo: Ref<Reply<Inventory>>, from: string): void {
  const { context, sequences, orphans, options } = state;
  if (!state.heirs.has(from)) return reply(context, replyTo, { type: "closed" });
  const all: readonly Kept[] = [...sequences.all(), ...orphans.all(options.clock.now())];
  const holdings = all.flatMap((kept) => {
    const { number, slot, ids, held } = kept;
    return held === 0 ? [] : [{ number, slot, ids: Int32Array.from(ids.slice(0, held)), ...kindOf(kept) }];
  });
  reply(context, replyTo, { type: "inventory", holdings });
}

/** Reads what an heir asks for. What is read was complete when it was asked for, whatever steps come meanwhile. */
export function lend(state: ExecutorState, message: Lend, from: string): void {
  const { context, options, sequences, orphans } = state;
  const { sequence, begin, end, layer, layers, replyTo } = message;
  const answer = (lent: Lent) => reply(context, replyTo, lent);
  const kept = sequences.get(sequence) ?? orphans.get(sequence, options.clock.now());
  const fits = kept !== undefined && begin < end && end <= kept.held && end - begin <= MAX_STEP_TOKENS;
  if (!state.heirs.has(from) || !fits) return answer({ type: "gone" });
  const reading = Array.from({ length: layers }, (_, index) => {
    return options.segment.readCache(layer + index, kept.slot, begin, end);
  });
  Promise.all(reading).then(
    (parts) => answer({ type: "lent", data: gather(parts) }),
    () => answer({ type: "gone" }),
  );
}
