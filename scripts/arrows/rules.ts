/** The rules that imports must keep, each as a function from the graph to what is wrong with it, in sentences. */
import { circlesOf, wayRound } from "./circles.ts";
import { type Graph, resolveImport } from "./graph.ts";
import { packagesReached } from "./reach.ts";

/** What the files of a folder may import from the other folders of the project; whoever is not named here may all. */
export const arrows: Readonly<Record<string, readonly string[]>> = {
  cli: ["actors", "runtime", "plans", "models"],
  actors: ["runtime", "plans", "models"],
  runtime: [],
  plans: [],
  models: [],
  training: ["models"],
  page: [],
};

/** Packages that only some files may import, as path prefixes. */
const homes: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^nact$/, ["runtime/actor/nact.ts"]],
  [/^(libp2p|@libp2p\/.*|@chainsafe\/.*|@multiformats\/.*)$/, ["runtime/mesh/"]],
  [/^(onnxruntime-node|koffi)$/, ["models/compute/"]],
  [/^highs$/, ["plans/"]],
  // Actors, plans and the protocol half of the runtime leave files, sockets and threads to interfaces.
  [/^node:/, ["cli/", "models/", "runtime/host/", "runtime/mesh/", "actors/daemon/", "training/"]],
];

/** Where actors meet a machine: these files load what only Deno and Node have, and nothing that a browser loads may. */
const edges: readonly string[] = [
  // Composes a daemon: store, compute, mesh, HTTP.
  "actors/daemon/",
  // The planning thread and the thread that starts it.
  "actors/leader/solver-client.ts",
  "actors/leader/solver-thread.ts",
];

/** Packages that run in a browser. Another one that is reached from an actor is an error until somebody has looked. */
const browser = /^(nact|valibot|msgpackr|highs|hono(\/.*)?|@huggingface\/(jinja|tokenizers)|@noble\/hashes\/.*)$/;

/** Circles that are meant: true recursion, with the reason. `files` are all that may be in it. */
export interface AllowedCircle {
  readonly files: readonly string[];
  readonly why: string;
}

/** Imports against the direction of the arrows between folders. */
export function againstArrows(graph: Graph): string[] {
  return each(graph, (file, specifier) => {
    const folder = topOf(file);
    const target = topOf(resolveImport(file, specifier) ?? folder);
    if (target === folder || !(folder in arrows) || !(target in arrows) || arrows[folder]?.includes(target)) return;
    return `${file} imports ${specifier}: ${folder} must not know ${target}`;
  });
}

/** Packages that are imported outside of their home. */
export function awayFromHome(graph: Graph): string[] {
  return each(graph, (file, specifier) => {
    if (!(topOf(file) in arrows)) return;
    for (const [pattern, allowed] of homes) {
      if (pattern.test(specifier) && !allowed.some((prefix) => file.startsWith(prefix))) {
        return `${file} imports ${specifier}: only ${allowed.join(", ")} may`;
      }
    }
  });
}

/** Actors that a browser could not import: a chain of imports ends in a package that does not run there. */
export function outOfBrowser(graph: Graph): string[] {
  const problems: string[] = [];
  for (const file of graph.keys()) {
    if (topOf(file) !== "actors" || edges.some((edge) => file.startsWith(edge))) continue;
    for (const { specifier, chain } of packagesReached(graph, file)) {
      if (browser.test(specifier)) continue;
      problems.push(`${file} does not load in a browser, where there is no ${specifier}:\n  ${chain.join("\n  -> ")}`);
    }
  }
  return problems;
}

/** Circles among files that no entry of `allowed` covers. */
export function goingRound(graph: Graph, allowed: readonly AllowedCircle[]): string[] {
  return circlesOf(graph)
    .filter((circle) => !allowed.some((entry) => covers(entry, circle)))
    .map((circle) =>
      `${circle.length} files import each other in a circle:\n  ${wayRound(graph, circle).join("\n  -> ")}`
    );
}

/** Entries of `allowed` that no circle needs any more. */
export function allowedInVain(graph: Graph, allowed: readonly AllowedCircle[]): string[] {
  const circles = circlesOf(graph);
  return allowed
    .filter((entry) => !circles.some((circle) => covers(entry, circle)))
    .map(({ files }) => `No circle is left among ${files.join(", ")}: take it out of the list of allowed ones.`);
}

function covers({ files }: AllowedCircle, circle: readonly string[]): boolean {
  return circle.every((file) => files.includes(file));
}

function each(graph: Graph, rule: (file: string, specifier: string) => string | undefined): string[] {
  return [...graph].flatMap(([file, imports]) =>
    imports.flatMap(({ specifier }) => {
      const problem = rule(file, specifier);
      return problem === undefined ? [] : [problem];
    })
  );
}

function topOf(file: string): string {
  return file.slice(0, file.indexOf("/"));
}
