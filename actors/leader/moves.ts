/**
 * Moves that measurements asked for, and how they turned out. Pure. Each is a trial: the times of tokens before and after are
 * compared, what made them longer is taken back and not tried again for a while, and the more the mesh has moved lately the
 * longer it rests.
 */
import type { Run } from "../../plans/mod.ts";
import type { Pace } from "../balancer/protocol.ts";
import { type ActivePlan, comparePlans } from "../plan.ts";
import { isSplit } from "./in-force.ts";

/** After a move nothing measured moves for so long; each further move within three hours doubles it. */
export const REST_MILLISECONDS = 60_000;
const MAX_REST_MILLISECONDS = 1_800_000;
const LATELY_MILLISECONDS = 10_800_000;
/** A split that was taken back is not tried again for so long; each further failure doubles it. */
export const REFUSED_MILLISECONDS = 300_000;
const MAX_REFUSED_MILLISECONDS = 14_400_000;
/** Splits that are remembered for having failed. */
const MAX_REFUSALS = 16;
/** Windows that the time of a token before a move is the median of: those in which the imbalance lasted. */
const BEFORE = 3;
/** Windows after a move that decide, the first not among them; and those that are waited for at most. */
const AFTER = 3;
const MAX_AFTER = 24;
/** Tokens that take so many times as long as before say that the move was a mistake. */
const WORSE = 1.1;

interface Tempo {
  readonly sequences: number;
  readonly tokenMilliseconds: number;
}

/** A move that is being judged. */
interface Trial {
  readonly from: ActivePlan;
  readonly before: Tempo;
  /** Windows since. */
  readonly windows: number;
  /** Those with as many sequences as before. */
  readonly after: readonly number[];
}

/** A split that made it worse. */
interface Refusal {
  readonly split: readonly Run[];
  readonly until: number;
  readonly times: number;
}

export interface Moves {
  /** When the mesh has moved lately. */
  readonly at: readonly number[];
  readonly restUntil: number;
  /** Of the plan in force, the latest windows. */
  readonly tempos: readonly Tempo[];
  /** Decided and being loaded: from which plan, to which split. */
  readonly pending: { readonly from: ActivePlan; readonly split: readonly Run[] } | undefined;
  readonly trial: Trial | undefined;
  readonly refused: readonly Refusal[];
}

/** Nothing has moved. */
export const noMoves: Moves = {
  at: [],
  restUntil: 0,
  tempos: [],
  pending: undefined,
  trial: undefined,
  refused: [],
};

/** Why the mesh is not to move to a split by measurements now; undefined where it may. */
export function obstacle({ restUntil, refused }: Moves, split: readonly Run[], now: number): string | undefined {
  if (now < restUntil) return `it moved lately and rests for ${seconds(restUntil - now)} more`;
  const refusal = refused.find((refusal) => now < refusal.until && isSplit(refusal.split, split));
  if (refusal === undefined) return undefined;
  return `the better plan was tried and was not better; it is not tried again for ${seconds(refusal.until - now)}`;
}

/** It has been decided to move. */
export function begun(moves: Moves, from: ActivePlan, split: readonly Run[]): Moves {
  return { ...moves, pending: { from, split } };
}

/** A plan has come into force: the one that measurements asked for, or another. */
export function inForce(moves: Moves, plan: ActivePlan, now: number): Moves {
  const { pending, tempos } = moves;
  const settled = { ...moves, pending: undefined, trial: undefined, tempos: [] };
  if (pending === undefined || !isSplit(pending.split, plan.segments)) return settled;
  const at = [...moves.at.filter((moved) => now - moved < LATELY_MILLISECONDS), now];
  const before = typical(tempos);
  return {
    ...settled,
    at,
    restUntil: now + Math.min(REST_MILLISECONDS * 2 ** (at.length - 1), MAX_REST_MILLISECONDS),
    trial: before === undefined ? undefined : { from: pending.from, before, windows: 0, after: [] },
  };
}

/** The time of a token with as many sequences as there were last. */
function typical(tempos: readonly Tempo[]): Tempo | undefined {
  const sequences = tempos.at(-1)?.sequences;
  const alike = tempos.filter((tempo) => tempo.sequences === sequences);
  return sequences === undefined ? undefined : { sequences, tokenMilliseconds: middle(alike.map(timeOf)) };
}

/** What a trial comes to: milliseconds of a token before and after. */
export type Outcome =
  | { readonly type: "none" }
  | { readonly type: "undecided" }
  | { readonly type: "helped"; readonly before: number; readonly after: number }
  | { readonly type: "worse"; readonly before: number; readonly after: number; readonly from: ActivePlan };

/** Takes how tokens came lately under the plan in force. */
export function paced(
  moves: Moves,
  { number, sequences, tokenMilliseconds }: Omit<Pace, "tokenMilliseconds"> & Tempo,
  plan: ActivePlan,
  now: number,
): { readonly moves: Moves; readonly outcome: Outcome } {
  if (comparePlans(number, plan.number) !== 0) return { moves, outcome: { type: "none" } };
  const heard = { ...moves, tempos: [...moves.tempos, { sequences, tokenMilliseconds }].slice(-BEFORE) };
  const { trial } = moves;
  if (trial === undefined) return { moves: heard, outcome: { type: "none" } };
  const windows = trial.windows + 1;
  // The first window has the steps in it in which caches were filled anew.
  const counts = windows > 1 && sequences === trial.before.sequences;
  const after = counts ? [...trial.after, tokenMilliseconds] : trial.after;
  if (after.length < AFTER) {
    if (windows < MAX_AFTER) {
      return { moves: { ...heard, trial: { ...trial, windows, after } }, outcome: { type: "none" } };
    }
    return { moves: { ...heard, trial: undefined }, outcome: { type: "undecided" } };
  }
  return decide({ ...heard, trial: undefined }, trial, middle(after), plan, now);
}

function decide(
  moves: Moves,
  { before: { tokenMilliseconds: before }, from }: Trial,
  after: number,
  plan: ActivePlan,
  now: number,
) {
  if (after <= WORSE * before) return { moves, outcome: { type: "helped" as const, before, after } };
  const known = moves.refused.find(({ split }) => isSplit(split, plan.segments));
  const times = (known?.times ?? 0) + 1;
  const until = now + Math.min(REFUSED_MILLISECONDS * 2 ** (times - 1), MAX_REFUSED_MILLISECONDS);
  const refusal = { split: plan.segments, until, times };
  const refused = [...moves.refused.filter((other) => other !== known), refusal].slice(-MAX_REFUSALS);
  return {
    moves: { ...moves, refused, restUntil: Math.max(moves.restUntil, now + 2 * REST_MILLISECONDS) },
    outcome: { type: "worse" as const, before, after, from },
  };
}

function timeOf({ tokenMilliseconds }: Tempo): number {
  return tokenMilliseconds;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)} s`;
}
