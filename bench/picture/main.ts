/**
 * Command: draws a result that is there already, without measuring anew.
 *
 *     npm run bench:picture -- serve bench/out/serve.json [FILE.svg]
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import type { ChaosResult } from "../chaos/report.ts";
import { pictureOf as chaos } from "../chaos/picture.ts";
import { pictureOf as decode } from "../decode/picture.ts";
import { pictureOf as serve } from "../serve/picture.ts";
import type { Picture } from "./chart.ts";
import { savePicture } from "./save.ts";

/** What each benchmark makes of its own JSON, which nobody else writes. */
const pictures: Readonly<Record<string, (json: unknown) => Picture>> = {
  chaos: (json) => {
    const { waits, options, minutes } = json as ChaosResult;
    return chaos(waits, `seed ${options.seed}, ${options.devices} devices, ${minutes.toFixed(1)} minutes`);
  },
  decode: (json) => decode(json as Parameters<typeof decode>[0], {}),
  serve: (json) => serve(json as Parameters<typeof serve>[0], {}),
};

const [name = "", file, to = file?.replace(/(\.json)?$/, ".svg")] = process.argv.slice(2);
const draws = pictures[name];
if (draws === undefined || file === undefined || to === undefined) {
  throw new TypeError(`Name a benchmark (${Object.keys(pictures).join(", ")}) and the JSON that it wrote.`);
}
savePicture(to, draws(JSON.parse(readFileSync(file, "utf8"))));
console.log(to);
