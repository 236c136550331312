/**
 * Checks that imports point one way: cli -> actors -> {runtime, plans, models}, that the three do not know each other, and
 * that each native or networked package is imported only where the design allows it. Prints what is wrong; exit code 1.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What the files of a folder may import from the other folders of the project. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  cli: ["actors", "runtime", "plans", "models"],
  actors: ["runtime", "plans", "models"],
  runtime: [],
  plans: [],
  models: [],
  training: ["models"],
};

/** Packages that only some files may import, as path prefixes. */
const packages: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^nact$/, ["runtime/actor/nact.ts"]],
  [/^(libp2p|@libp2p\/.*|@chainsafe\/.*|@multiformats\/.*)$/, ["runtime/mesh/"]],
  [/^onnxruntime-node$/, ["models/compute/"]],
  [/^highs$/, ["plans/"]],
  // Actors, plans and the protocol half of the runtime leave files, sockets and threads to interfaces.
  [/^node:/, ["cli/", "models/", "runtime/host/", "runtime/mesh/", "training/"]],
];

const problems: string[] = [];
for (const folder of Object.keys(arrows)) {
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
    const path = join(entry.parentPath, entry.name);
    for (const specifier of importsOf(path)) check(relative(root, path).replaceAll("\\", "/"), specifier);
  }
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(problems.length === 0 ? "arrows: fine\n" : `arrows: ${problems.length} wrong\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function importsOf(path: string): string[] {
  const text = readFileSync(path, "utf8");
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^"';]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"|(?:^|\n)import\s+"([^"]+)"/g,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

function check(file: string, specifier: string): void {
  const folder = file.split("/")[0] ?? "";
  if (specifier.startsWith(".")) {
    const target = relative(root, resolve(root, dirname(file), specifier)).replaceAll("\\", "/").split("/")[0] ?? "";
    if (target !== folder && target in arrows && !arrows[folder]?.includes(target)) {
      problems.push(`${file} imports ${specifier}: ${folder} must not know ${target}`);
    }
    return;
  }
  for (const [pattern, allowed] of packages) {
    if (pattern.test(specifier) && !allowed.some((prefix) => file.startsWith(prefix))) {
      problems.push(`${file} imports ${specifier}: only ${allowed.join(", ")} may`);
    }
  }
}
