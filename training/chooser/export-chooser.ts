/** Command: a trained chooser as one ONNX file. `node training/chooser/export-chooser.ts FOLDER FILE` */
import { writeFile } from "node:fs/promises";
import * as v from "valibot";
import { openModelFolder } from "../../models/formats/mod.ts";
import { chooserFile } from "../../models/onnx/mod.ts";

const [folder, path] = process.argv.slice(2);
if (folder === undefined || path === undefined) {
  throw new TypeError("Cannot export without a folder and a file: export-chooser.ts FOLDER FILE");
}
const sizes = v.object({
  vocabulary: v.number(),
  width: v.number(),
  layers: v.number(),
  heads: v.number(),
  feedForward: v.number(),
  positions: v.number(),
  promptLevels: v.number(),
  modelLevels: v.number(),
});
const source = await openModelFolder(folder);
try {
  const weights: Record<string, Float32Array> = {};
  for (const [name, tensor] of source.tensors) {
    weights[name] = new Float32Array((await source.read(tensor, 0, tensor.bytes)).slice().buffer);
  }
  const bytes = chooserFile(v.parse(sizes, source.config), weights);
  await writeFile(path, bytes);
  console.log(`${bytes.length} bytes in ${path}`);
} finally {
  await source.close();
}
