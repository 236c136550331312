/**
 * Readies what an answer has left in the caches for the prompt that goes on from it. There the answer's tokens are part of
 * the prompt, which attend together, while they attended by themselves when they were drawn: the last bits differ. So they
 * are run once more, as a prompt's, once nothing else has to run; then the caches are what reading the next prompt from its
 * beginning would have written.
 */
import { cutChunks } from "../../models/compute/chunks.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import * as v from "valibot";
import { type Behaviour, type Context, next, type Ref, stop } from "../../runtime/actor/mod.ts";
import {
  Advanced,
  Failed,
  forwardOf,
  Resumed,
  type Run,
  type SegmentMessage,
  type SequenceMessage,
} from "../pipeline.ts";
import { accepting } from "../wire.ts";
import { LEAST_SHARED } from "./orphans.ts";
import type { Sequence } from "./sequences.ts";
import type { ExecutorState, Rereading } from "./state.ts";

/** Nothing has had to run for so long: whoever sends prompt after prompt is not made to wait. */
export const IDLE_MILLISECONDS = 250;
/** Tokens that are run at once: what comes meanwhile waits for them. */
const CHUNK_TOKENS = 32;
/** A reading is given up after this; what has been read until then is of use. */
const GIVEN_UP_MILLISECONDS = 60_000;
/** Sequences that may be read again; those that ended last come first. */
const MOST = 8;

/** A sequence is over: if it leaves enough of an answer, that is read again later. */
export function remember(state: ExecutorState, sequence: Sequence): void {
  const { options: { embeds, prefixes = true }, rereadings } = state;
  const { ids, held, promptTokens, next, route, idle, level } = sequence;
  if (!embeds || !prefixes || idle || held - promptTokens < LEAST_SHARED) return;
  rereadings.push({
    ids: Int32Array.from(ids.slice(0, held)),
    route: next === undefined ? [] : [next, ...route],
    level,
  });
  if (rereadings.length > MOST) rereadings.shift();
}

/** Has the next one read soon, if nothing runs and nobody waits. */
export function readSoon(state: ExecutorState): void {
  const { rereadings, context } = state;
  if (rereadings.length > 0 && isIdle(state)) context.after(IDLE_MILLISECONDS, { type: "reread" });
}

/** Has the sequence that ended last read again, if still nothing has to run. */
export function reread(state: ExecutorState): void {
  const { rereadings, context } = state;
  const what = isIdle(state) ? rereadings.pop() : undefined;
  if (what === undefined) return;
  context.spawn(rereader(context.self, what), { name: `reread-${++state.readings}` });
}

function isIdle({ sequences, waiting, step }: ExecutorState): boolean {
  return sequences.taken === 0 && waiting.length === 0 && step === undefined;
}

interface ReaderState {
  sequence: number;
  runs: Run[];
}

type ReaderMessage = SequenceMessage | { readonly type: "given-up" };

/** Takes a sequence as a conversation does whose prompt is all of its ids, and draws nothing. */
function rereader(first: Ref<SegmentMessage>, { ids, route, level }: Rereading): Behaviour<ReaderState, ReaderMessage> {
  const leave = (context: Context<ReaderMessage>) => {
    context.tell(first, { type: "leave", conversation: context.self, keep: true, over: true });
    return stop("read");
  };
  const feed = (state: ReaderState, context: Context<ReaderMessage>) => {
    const run = state.runs.shift();
    if (run === undefined) return leave(context);
    context.tell(first, forwardOf(state.sequence, run));
    return next(state);
  };
  return {
    // The segments behind the first one speak to it from their devices.
    accepts: accepting<ReaderMessage>(v.variant("type", [Advanced, Resumed, Failed])),
    start(context) {
      const promptTokens = ids.length;
      const enter = {
        type: "enter",
        conversation: context.self,
        route,
        sampling: defaultSampling,
        resume: ids,
        level,
      } as const;
      context.tell(first, { ...enter, fresh: true, promptTokens, room: promptTokens, idle: true });
      context.after(GIVEN_UP_MILLISECONDS, { type: "given-up" });
      return { sequence: -1, runs: [] };
    },
    receive(state, message, context) {
      switch (message.type) {
        case "seated":
          state.sequence = message.sequence;
          return message.resumes === true ? next(state) : leave(context);
        case "resumed":
          state.runs = runsFrom(ids, message.position);
          return feed(state, context);
        case "advanced":
          return feed(state, context);
        case "given-up":
          return leave(context);
        case "sampled":
        case "waits":
          return next(state);
        case "failed":
        case "refused":
          return stop(message.reason);
        default:
          return message satisfies never;
      }
    },
  };
}

/** The runs of what lies behind `position`. No token is alone in one. */
function runsFrom(ids: Int32Array, position: number): Run[] {
  let at = ids.length - position === 1 ? Math.max(0, position - 1) : position;
  return cutChunks(ids.length - at, CHUNK_TOKENS).map((count) => {
    const tokens = ids.subarray(at, at += count);
    return { position: at - count, tokens, attention: "chunk", sample: "none" };
  });
}
