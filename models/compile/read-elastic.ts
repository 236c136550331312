/** What a GGUF file says of the slices of its layers. */
import { type GgufFile, ModelFileError } from "../formats/mod.ts";
import type { Architecture, Elastic } from "../manifest.ts";
import { checkedValues, show } from "./checked-value.ts";

const MOST_SLICES = 64;

/**
 * The metadata `skein.elastic.slices` and `skein.elastic.anchors` (layers counted from 0; none where it is absent); undefined
 * for a model that has no slices. @throws {ModelFileError}
 */
export function readElastic(
  { path, metadata }: GgufFile,
  { layers, kvHeads, feedForward }: Architecture,
): Pick<Elastic, "slices" | "anchors"> | undefined {
  const values = checkedValues(path, "metadata", metadata);
  if (values.absent("skein.elastic.slices")) return undefined;
  const slices = values.integer("skein.elastic.slices", MOST_SLICES);
  const refuse = (reason: string): never => {
    throw new ModelFileError(path, reason, "Make the file again with a current version of training/elastic.");
  };
  if (slices < 2 || kvHeads % slices !== 0 || feedForward % slices !== 0) {
    refuse(`its ${slices} slices do not divide ${kvHeads} key and value heads and ${feedForward} neurons`);
  }
  const anchors: unknown = metadata["skein.elastic.anchors"] ?? [];
  const isLayer = (value: unknown): value is number => {
    return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < layers;
  };
  if (!Array.isArray(anchors) || !anchors.every(isLayer)) {
    return refuse(`its anchors ${show(anchors)} are not layers from 0 to ${layers - 1}`);
  }
  return { slices, anchors: [...new Set(anchors)].sort((a, b) => a - b) };
}
