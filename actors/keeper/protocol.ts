/** The keeper's messages, all of its own device, and what it answers. */
import * as v from "valibot";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { BlockRuns } from "../block-runs.ts";
import { Count, Sha256, ShortText } from "../wire.ts";

/** A model that is on a disk of the mesh. */
export const KnownModel = v.object({
  id: Sha256,
  name: ShortText,
  quantization: ShortText,
  /** Bytes of all of it on a disk, and of what is here. */
  bytes: Count,
  hereBytes: Count,
  blocks: Count,
  /** The blocks that are here. */
  here: BlockRuns,
  /** Devices in reach with all or some of its blocks, by name; this one included. */
  on: v.array(ShortText),
  /** When it was compiled, fetched or last run here, milliseconds since 1970. */
  usedAt: v.number(),
  /** Whether the mesh serves it. */
  serving: v.boolean(),
});
export type KnownModel = v.InferOutput<typeof KnownModel>;

/** What a block store holds. */
export const Keeping = v.object({
  models: v.array(KnownModel),
  /** Bytes of blocks that do not run here, and how many there may be; `limitBytes` is absent where there is no limit. */
  keptBytes: Count,
  limitBytes: v.optional(Count),
  /** Bytes of half-fetched pieces, and of blobs that are in no model. */
  leftoverBytes: Count,
});
export type Keeping = v.InferOutput<typeof Keeping>;

/** What went, or would go. */
export const LetGo = v.object({
  files: Count,
  bytes: Count,
  /** By what they were, in words, with their bytes. */
  parts: v.array(v.object({ what: ShortText, bytes: Count })),
});
export type LetGo = v.InferOutput<typeof LetGo>;

/** What became of a model that was to be removed. */
export const Removed = v.variant("type", [
  v.object({ type: v.literal("removed"), name: ShortText, bytes: Count, stayingBytes: Count }),
  v.object({ type: v.literal("refused"), code: v.picklist(["unknown", "ambiguous", "serving"]), reason: ShortText }),
]);
export type Removed = v.InferOutput<typeof Removed>;

/** What a keeper did, or why it could not be done: a sentence. */
export type Kept<T> =
  | { readonly type: "done"; readonly value: T }
  | { readonly type: "failed"; readonly reason: string };

/** What a keeper is told. */
export type KeeperMessage =
  | { readonly type: "keeping"; readonly replyTo: Ref<Reply<Kept<Keeping>>> }
  /** A model by its name, its id or the beginning of it; `force`: also one that is served. */
  | {
    readonly type: "remove";
    readonly model: string;
    readonly force: boolean;
    readonly replyTo: Ref<Reply<Kept<Removed>>>;
  }
  /** `all`: also models that are not served; `dryRun`: only says what would go. */
  | {
    readonly type: "prune";
    readonly all: boolean;
    readonly dryRun: boolean;
    readonly replyTo: Ref<Reply<Kept<LetGo>>>;
  }
  /** From its own clock. */
  | { readonly type: "look" };
