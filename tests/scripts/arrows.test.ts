import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { circlesOf, wayRound } from "../../scripts/arrows/circles.ts";
import { type Graph, importsOf } from "../../scripts/arrows/graph.ts";
import { packagesReached } from "../../scripts/arrows/reach.ts";
import { againstArrows, allowedInVain, awayFromHome, goingRound, outOfBrowser } from "../../scripts/arrows/rules.ts";

function graphOf(files: Readonly<Record<string, string>>): Graph {
  return new Map(Object.entries(files).map(([file, text]) => [file, importsOf(text)]));
}

test("every form of import is found, and which of them are erased", () => {
  const text = [
    'import process from "node:process";',
    'import type { A } from "./a.ts";',
    'import { type B } from "./b.ts";',
    'import {\n  c,\n  type D,\n} from "./c.ts";',
    'import * as v from "valibot";',
    'import "./e.ts";',
    'export { f } from "./f.ts";',
    'export type { G } from "./g.ts";',
    'const h = await import("./h.ts");',
    'import type from "./i.ts";',
    ' * import { no } from "./comment.ts";',
    'const text = "from";',
  ].join("\n");
  assert.deepEqual(importsOf(text).map(({ specifier, typeOnly }) => typeOnly ? `(${specifier})` : specifier), [
    "node:process",
    "(./a.ts)",
    "./b.ts",
    "./c.ts",
    "valibot",
    "./e.ts",
    "./f.ts",
    "(./g.ts)",
    "./h.ts",
    "./i.ts",
  ]);
});

test("an import against an arrow is named, a type's too", () => {
  const graph = graphOf({
    "plans/solve.ts": 'import type { Clock } from "../runtime/clock.ts";',
    "actors/plan.ts": 'import { solve } from "../plans/solve.ts";',
    "models/compile/mod.ts": 'import { words } from "../../training/words.ts";',
    "runtime/clock.ts": "",
  });
  assert.deepEqual(againstArrows(graph), [
    "plans/solve.ts imports ../runtime/clock.ts: plans must not know runtime",
    "models/compile/mod.ts imports ../../training/words.ts: models must not know training",
  ]);
});

test("a package outside of its home is named", () => {
  const graph = graphOf({
    "actors/plan.ts": 'import * as ort from "onnxruntime-node";',
    "tests/x.ts": 'import "nact";',
  });
  assert.deepEqual(awayFromHome(graph), ["actors/plan.ts imports onnxruntime-node: only models/compute/ may"]);
});

test("what an actor reaches through other files is found, with the shortest chain; what only a type reaches is not", () => {
  const files = {
    "actors/wire.ts": 'import { validate } from "../models/mod.ts";\nimport type { Store } from "../models/store.ts";',
    "models/mod.ts": 'import "./long.ts";\nexport { validate } from "./validate.ts";',
    "models/long.ts": 'import "./validate.ts";',
    "models/validate.ts": 'import * as v from "valibot";\nimport { createHash } from "node:crypto";',
    "models/store.ts": 'import "node:fs";',
    "actors/daemon/mod.ts": 'import "node:path";\nimport "../wire.ts";',
  };
  assert.deepEqual(packagesReached(graphOf(files), "actors/wire.ts").map(({ specifier }) => specifier), [
    "valibot",
    "node:crypto",
  ]);
  assert.deepEqual(outOfBrowser(graphOf(files)), [
    "actors/wire.ts does not load in a browser, where there is no node:crypto:\n" +
    "  actors/wire.ts\n  -> models/mod.ts\n  -> models/validate.ts\n  -> node:crypto",
  ]);
  assert.deepEqual(outOfBrowser(graphOf({ ...files, "models/validate.ts": 'import * as v from "valibot";' })), []);
});

test("a circle is found through types, unless it is allowed; an allowance that nothing needs is found too", () => {
  const graph = graphOf({
    "a/a.ts": 'import type { B } from "./b.ts";',
    "a/b.ts": 'import { c } from "./c.ts";',
    "a/c.ts": 'import { a } from "./a.ts";\nimport { d } from "./d.ts";',
    "a/d.ts": 'import "valibot";',
  });
  const round = "3 files import each other in a circle:\n  a/a.ts\n  -> a/b.ts\n  -> a/c.ts\n  -> a/a.ts";
  const meant = { files: ["a/a.ts", "a/b.ts", "a/c.ts"], why: "a test" };
  const narrow = { files: ["a/a.ts", "a/b.ts"], why: "a test" };
  assert.deepEqual(goingRound(graph, []), [round]);
  assert.deepEqual(goingRound(graph, [meant]), []);
  assert.deepEqual(goingRound(graph, [narrow]), [round]);
  assert.deepEqual(allowedInVain(graph, [meant]), []);
  assert.equal(allowedInVain(graph, [narrow]).length, 1);
});

test("files are in one circle exactly when each can be reached from the other", () => {
  const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 25 });
  fc.assert(fc.property(edges, (pairs) => {
    const names = Array.from({ length: 10 }, (_, n) => `a/${n}.ts`);
    const graph: Graph = new Map(
      names.map((name, n) => [
        name,
        pairs.filter(([from]) => from === n).map(([, to]) => ({ specifier: `./${to}.ts`, typeOnly: false })),
      ]),
    );
    const reach = names.map((_, n) => reachable(pairs, n));
    const circles = circlesOf(graph);
    for (let a = 0; a < 10; a++) {
      for (let b = 0; b < 10; b++) {
        const together = circles.some((circle) => circle.includes(`a/${a}.ts`) && circle.includes(`a/${b}.ts`));
        assert.equal(together, reach[a]?.has(b) === true && reach[b]?.has(a) === true);
      }
    }
    for (const circle of circles) {
      const way = wayRound(graph, circle);
      assert.ok(way.length >= 2 && way[0] === way.at(-1) && way.every((file) => circle.includes(file)));
    }
  }));
});

/** The nodes that one or more edges lead to from `start`. */
function reachable(pairs: readonly (readonly [number, number])[], start: number): Set<number> {
  const found = new Set<number>();
  const queue = [start];
  for (const node of queue) {
    for (const [from, to] of pairs) {
      if (from !== node || found.has(to)) continue;
      found.add(to);
      queue.push(to);
    }
  }
  return found;
}
