/** A model file without its slices, and such with slices that are larger than the built-in model. */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Shape, writeRandomModel } from "../decode/random-model.ts";

const KEY = "skein.elastic.";

/** Copies an elastic GGUF file so that it is read as one whole: the same weights, but its keys have names that nobody knows. */
export async function writePlain(elastic: string, plain: string): Promise<void> {
  const bytes = await readFile(elastic);
  const [key, other] = [Buffer.from(KEY), Buffer.from("plain.elastic.")];
  for (let at = bytes.indexOf(key); at >= 0; at = bytes.indexOf(key, at + 1)) other.copy(bytes, at);
  await mkdir(dirname(plain), { recursive: true });
  await writeFile(plain, bytes);
}

/** Random weights: what they say is noise, what they cost is real. No anchors. */
export const LARGER: Readonly<Record<string, Shape>> = {
  /** Small layers still: a graph a level. */
  "16 million weights a layer": {
    ...{ layers: 8, width: 1024, heads: 16, kvHeads: 8, feedForward: 4096 },
    ...{ vocabulary: 8000, context: 512, elastic: { slices: 8, anchors: [] } },
  },
  /** TinyLlama's layers: slice by slice, one copy of the weights. */
  "44 million weights a layer": {
    ...{ layers: 4, width: 2048, heads: 32, kvHeads: 4, feedForward: 5632 },
    ...{ vocabulary: 8000, context: 512, elastic: { slices: 4, anchors: [] } },
  },
};

/** Writes a random elastic model unless it is there already. */
export async function writeLarger(path: string, shape: Shape): Promise<void> {
  if (!existsSync(path)) await writeRandomModel(path, shape, "Q4_0");
}
