/** What the owner of a model asks of its serving; it comes with the offer of the model. */
import * as v from "valibot";
import { objectives, solverNames } from "../../plans/mod.ts";
import { Count, Position, ShortText } from "../wire.ts";

const Names = v.pipe(v.array(ShortText), v.maxLength(256));

export const ServingPolicy = v.object({
  /** `even` splits by free memory and measures nothing; the others are the planner's: see `plans/problem.ts`. */
  objective: v.picklist([...objectives, "even"]),
  /** Who places; absent: `exact`. */
  solver: v.optional(v.picklist(solverNames)),
  /** The embedding and so many decoder layers stay on trusted devices, or on the one that offers the model. */
  privateLayers: Count,
  /** So does the head. */
  privateHead: v.boolean(),
  /** Names or ids of the devices that may take part; none named: all. */
  only: Names,
  exclude: Names,
  trusted: Names,
  /** Whether segments are mirrored where there is memory for it: auto where it also costs little; absent: they are not. */
  mirrors: v.optional(v.picklist(["auto", "on", "off"])),
  /** Most positions of a sequence. */
  context: Position,
  /** Sequences open at once, at most. */
  concurrency: v.pipe(Count, v.minValue(1), v.maxValue(1024)),
  /** Tokens that the caches hold of all sequences together; absent: as many as of four whole contexts, at most. */
  cacheTokens: v.optional(v.pipe(Count, v.minValue(1))),
  /** Whether caches are kept for prompts that begin alike; absent: they are. */
  prefixes: v.optional(v.picklist(["on", "off"])),
});
export type ServingPolicy = v.InferOutput<typeof ServingPolicy>;

/** How many blocks each named device is to hold, in the order of the pipeline. */
export const Split = v.pipe(
  v.array(v.object({ device: ShortText, blocks: Count })),
  v.minLength(1),
  v.maxLength(1024),
);
export type Split = v.InferOutput<typeof Split>;

/** Whether a list of names names a device. */
export function names(list: readonly string[], device: { readonly device: string; readonly name: string }): boolean {
  return list.includes(device.name) || list.includes(device.device);
}
