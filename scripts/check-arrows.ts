/**
 * Command: checks where imports point.
 *
 * - One way: cli -> actors -> {runtime, plans, models}; the three do not know each other, training knows models alone.
 * - Native and networked packages are imported where the design allows it.
 * - A browser can import each actor: no chain of imports ends in what only Deno and Node have.
 * - No file imports itself through others, by types or values.
 *
 * Prints what is wrong, with the chain of files; exit code 1.
 */
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { allowedCircles } from "./arrows/allowed-circles.ts";
import { readGraph } from "./arrows/graph.ts";
import { againstArrows, allowedInVain, arrows, awayFromHome, goingRound, outOfBrowser } from "./arrows/rules.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const graph = readGraph(root, [...Object.keys(arrows), "bench", "scripts", "tests"]);
const problems = [
  ...againstArrows(graph),
  ...awayFromHome(graph),
  ...outOfBrowser(graph),
  ...goingRound(graph, allowedCircles),
  ...allowedInVain(graph, allowedCircles),
];
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(
  problems.length === 0 ? `arrows: ${graph.size} files, fine\n` : `arrows: ${problems.length} wrong\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
