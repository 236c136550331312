/**
 * Brings the caches of segments of the plan in force to a segment of the next one, while answers go on there. It copies what
 * there is, again and again what has come since, and so stays a few positions behind until the plans change. An answer that
 * is taken up under the new plan then finds its caches here, but for the last positions, which are fetched when it comes.
 *
 * An actor below its executor: it may wait for devices while the executor may not. What it brings it tells the executor, who
 * alone writes to the caches, since a slot may have been given away meanwhile.
 */
import * as v from "valibot";
import { type Behaviour, type Context, next, type Ref, type Reply, reply, stop } from "../../runtime/actor/mod.ts";
import {
  type Bequest,
  type Holding,
  Inventory,
  type Lapsed,
  type LayerPart,
  Lent,
  type Source,
} from "./heritage-protocol.ts";
import { kindOf } from "../cache-kind.ts";
import { commonPrefix } from "./sequences.ts";

/** Between two rounds: about the time of one token. */
const ROUND_MILLISECONDS = 40;
/** An answer of a lender may take so long; it is asked again then. */
const ANSWER_MILLISECONDS = 3000;
/** Bytes of a piece, about: what the frames of answers may have to wait behind. */
const PIECE_BYTES = 512 * 1024;
const MAX_PIECE_POSITIONS = 1024;
/** The first piece, by which the bytes of a position are known. */
const FIRST_PIECE_POSITIONS = 4;
/** Once no sequence was further behind in a round, the copies are as good as complete. */
const NEAR_POSITIONS = 8;

/** What an heir is told: by its own clock, and by its executor when an answer is to be taken up. */
export type HeirMessage =
  | { readonly type: "round" }
  | { readonly type: "catch-up"; readonly replyTo: Ref<Reply<null>> };

export interface HeirOptions {
  readonly sources: readonly Source[];
  /** The executor that it brings the caches to. */
  readonly executor: Ref<Bequest | Lapsed>;
  /** Hears once that most is here, or that nothing more comes. */
  readonly settled: Ref<Reply<null>>;
}

interface HeirState {
  /** Positions that are here, by sequence; Infinity for one of which no more is wanted. */
  readonly here: Map<number, number>;
  settled: boolean;
  pieceBytes: number | undefined;
}

/** What a round came to: how far the furthest sequence was behind, or that the lenders are gone. */
type Round = { readonly type: "copied"; readonly positions: number } | { readonly type: "late" | "gone" };

/** Makes the behaviour of an heir. */
export function heir(options: HeirOptions): Behaviour<HeirState, HeirMessage> {
  return {
    start(context) {
      context.tell(context.self, { type: "round" });
      return { here: new Map(), settled: false, pieceBytes: undefined };
    },
    async receive(state, message, context) {
      const came = await round(state, options, context);
      if (came.type === "gone" || (came.type === "copied" && came.positions <= NEAR_POSITIONS)) {
        if (!state.settled) reply(context, options.settled, null);
        state.settled = true;
      }
      if (message.type === "catch-up") reply(context, message.replyTo, null);
      if (came.type === "gone") return stop("those that lent are gone");
      if (message.type === "round") context.after(ROUND_MILLISECONDS, { type: "round" });
      return next(state);
    },
  };
}

/** Copies what the lenders have and is not here. */
async function round(state: HeirState, options: HeirOptions, context: Context<HeirMessage>): Promise<Round> {
  const inventories = await Promise.all(
    options.sources.map(({ ref }) =>
      context.ask(ref, (replyTo: Ref<Reply<Inventory>>) => ({ type: "take-inventory", replyTo }), {
        timeoutMs: ANSWER_MILLISECONDS,
        parse: (value) => v.parse(Inventory, value),
      })
    ),
  );
  const holdings: (readonly Holding[])[] = [];
  for (const outcome of inventories) {
    if (outcome.type === "timeout" || outcome.type === "overloaded") return { type: "late" };
    if (outcome.type !== "reply" || outcome.value.type === "closed") return { type: "gone" };
    holdings.push(outcome.value.holdings);
  }
  const wanted = inCommon(holdings);
  const lapsed = [...state.here.keys()].filter((number) => !wanted.some((holding) => holding.number === number));
  for (const number of lapsed) state.here.delete(number);
  if (lapsed.length > 0) context.tell(options.executor, { type: "lapsed", sequences: lapsed });
  let furthest = 0;
  for (const holding of wanted) {
    const behind = holding.ids.length - (state.here.get(holding.number) ?? 0);
    furthest = Math.max(furthest, behind);
    await bring(state, holding, options, context);
  }
  return { type: "copied", positions: furthest };
}

/** The sequences that every lender has, as far as all of them have them. */
export function inCommon(inventories: readonly (readonly Holding[])[]): Holding[] {
  const [first = [], ...others] = inventories;
  return first.flatMap((holding) => {
    let { ids } = holding;
    for (const other of others) {
      const same = other.find(({ number, slot }) => number === holding.number && slot === holding.slot);
      ids = ids.subarray(0, same === undefined ? 0 : commonPrefix(ids, same.ids));
    }
    return ids.length === 0 ? [] : [{ ...holding, ids }];
  });
}

/** Copies one sequence, piece by piece, until all of it is here or it is not to be had any more. */
async function bring(
  state: HeirState,
  holding: Holding,
  { sources, executor }: HeirOptions,
  context: Context<HeirMessage>,
): Promise<void> {
  const { number, slot, ids } = holding;
  for (;;) {
    const position = state.here.get(number) ?? 0;
    if (position >= ids.length) return;
    const end = Math.min(ids.length, position + piecePositions(state));
    const parts = await fetchPiece(sources, { sequence: number, begin: position, end }, context);
    if (parts === undefined) return;
    const bytes = parts.reduce((sum, { data }) => sum + data.byteLength, 0);
    state.pieceBytes = bytes / (end - position);
    const outcome = await context.ask(executor, (replyTo: Ref<Reply<number>>) => ({
      ...{ type: "bequest" as const, sequence: number, slot, position, ids: ids.subarray(0, end) },
      ...{ ...kindOf(holding), parts, replyTo },
    }), { timeoutMs: ANSWER_MILLISECONDS });
    if (outcome.type !== "reply") return;
    state.here.set(number, outcome.value < 0 ? Infinity : outcome.value);
    // Where it did not help, the next round tries again.
    if (outcome.value < end) return;
  }
}

function piecePositions({ pieceBytes }: HeirState): number {
  if (pieceBytes === undefined) return FIRST_PIECE_POSITIONS;
  const positions = Math.floor(PIECE_BYTES / Math.max(1, pieceBytes));
  return Math.min(MAX_PIECE_POSITIONS, Math.max(1, positions));
}

/** Positions `begin` to `end` of a sequence from all lenders, by the layers here; undefined where one has not got them. */
async function fetchPiece(
  sources: readonly Source[],
  piece: { readonly sequence: number; readonly begin: number; readonly end: number },
  context: Context<HeirMessage>,
): Promise<LayerPart[] | undefined> {
  const lent = await Promise.all(
    sources.filter(({ layers }) => layers > 0).map((source) => askFor(source, piece, context)),
  );
  return lent.every((parts) => parts !== undefined) ? lent.flat() : undefined;
}

async function askFor(
  { ref, from, to, layers }: Source,
  piece: { readonly sequence: number; readonly begin: number; readonly end: number },
  context: Context<HeirMessage>,
): Promise<LayerPart[] | undefined> {
  const outcome = await context.ask(ref, (replyTo: Ref<Reply<Lent>>) => ({
    ...{ type: "lend" as const, ...piece, layer: from, layers },
    replyTo,
  }), { timeoutMs: ANSWER_MILLISECONDS, parse: (value) => v.parse(Lent, value) });
  if (outcome.type !== "reply" || outcome.value.type !== "lent") return undefined;
  const { data } = outcome.value;
  const size = data.length / layers;
  if (!Number.isInteger(size)) return undefined;
  return Array.from({ length: layers }, (_, index) => {
    return { layer: to + index, data: data.subarray(index * size, (index + 1) * size) };
  });
}
