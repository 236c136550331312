/**
 * What the bits in a sequence's caches depend on beside its ids, the same for all its life: how many of the ids are a
 * prompt's, which attend together; whether the others share kernels; at which level of an elastic model they all run. It goes
 * along wherever a sequence or its caches go, so that nobody goes on with bits that are not its own.
 */
import * as v from "valibot";
import { Level, Position } from "./wire.ts";

/** A kind as part of the messages that it travels in. */
export const cacheKind = {
  /** How many of the sequence's tokens are a prompt's, and attend together; absent: none. */
  promptTokens: v.optional(Position),
  /** Whether the others share kernels; absent: they do not. */
  shared: v.optional(v.boolean()),
  /** Slices of an elastic model's layers that run, from the first; absent: all. */
  level: v.optional(Level),
};

export interface CacheKind {
  readonly promptTokens?: number | undefined;
  /**
   * Whether its tokens run by the kernels of several rows for all its life. They round differently from those of one row on
   * some processors, so only a sequence whose tokens nobody can ask for again may do so. Default: it does not.
   */
  readonly shared?: boolean | undefined;
  readonly level?: number | undefined;
}

/** The kind of a sequence, or of what holds its caches, as it travels: what goes without saying is left out. */
export function kindOf({ promptTokens, shared = false, level }: CacheKind): CacheKind {
  return {
    ...(promptTokens === undefined ? {} : { promptTokens }),
    ...(shared ? { shared } : {}),
    ...(level === undefined ? {} : { level }),
  };
}
