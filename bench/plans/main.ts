/**
 * What the planners are worth: published figures beside ours, misses of a published algorithm, solve times against size.
 * `deno run -A bench/plans/main.ts [edgeshard|lingualinked|memory|scale]…` prints tables and writes bench/out/plans.json.
 */
import { mkdir, writeFile } from "node:fs/promises";
import process from "node:process";
import { edgeShardTables } from "./edgeshard.ts";
import { linguaLinkedTables } from "./lingualinked.ts";
import { memoryTables } from "./memory.ts";
import { scaleTables } from "./scale.ts";
import { formatTable, type Table } from "./table.ts";

const studies: Readonly<Record<string, () => Promise<Table[]>>> = {
  edgeshard: edgeShardTables,
  lingualinked: linguaLinkedTables,
  memory: memoryTables,
  scale: scaleTables,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(studies, name));
if (unknown.length > 0) {
  console.error(
    `There is no study "${unknown[0]}"; there are ${Object.keys(studies).join(", ")}.`,
  );
  process.exit(1);
}
const tables: Table[] = [];
for (const [name, study] of Object.entries(studies)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  for (const table of await study()) {
    console.log(formatTable(table));
    tables.push(table);
  }
}
const folder = new URL("../out/", import.meta.url);
await mkdir(folder, { recursive: true });
await writeFile(new URL("plans.json", folder), JSON.stringify(tables, null, 2));
