/** The model that chooses levels, with the real kernels: what it gives, and what is made of one that is none. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startLocalCompute } from "../../actors/daemon/start-compute.ts";
import { type ChoiceRequest, ComputeError, type LocalCompute } from "../../models/compute/mod.ts";
import { type ChooserArchitecture, chooserFile } from "../../models/onnx/mod.ts";
import { createGraph, type GraphBuilder } from "../../models/onnx/graph.ts";
import { CHOOSER, chooserWeights, referenceChoice } from "./synthetic-chooser.ts";
import { withFolder } from "./temporary.ts";

const TOKENS = [5, 17, 250, 3, 99, 3, 42, 200, 1, 77, 17];

interface Scene {
  readonly compute: LocalCompute;
  choose(bytes: Uint8Array, request?: Partial<ChoiceRequest>): ReturnType<LocalCompute["choose"]>;
}

async function withCompute(action: (scene: Scene) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    await using compute = startLocalCompute({ threads: 1 });
    let files = 0;
    await action({
      compute,
      async choose(bytes, request = {}) {
        const path = join(folder, `${files++}.onnx`);
        await writeFile(path, bytes);
        return await compute.choose({ path, tokens: Int32Array.from(TOKENS), levels: 4, ...request });
      },
    });
  });
}

function randomChooser(sizes: Partial<ChooserArchitecture> = {}): Uint8Array {
  const architecture = { ...CHOOSER, ...sizes };
  return chooserFile(architecture, chooserWeights(architecture));
}

test("a chooser's graph gives what its arithmetic says, for prompts of any length", async () => {
  await withCompute(async ({ choose }) => {
    for (const tokens of [[7], TOKENS, Array.from({ length: 60 }, (_, i) => (i * 91) % 300)]) {
      const choice = await choose(randomChooser(), { tokens: Int32Array.from(tokens) });
      const wanted = referenceChoice(CHOOSER, chooserWeights(CHOOSER), tokens);
      assert.equal(choice.keep.length, tokens.length);
      wanted.keep.forEach((share, at) => assert.ok(Math.abs(share - (choice.keep[at] ?? NaN)) < 1e-5, `token ${at}`));
      assert.deepEqual(choice.right.map((row) => row.length), [4, 4, 4, 4, 4]);
      wanted.right.flat().forEach((share, at) => {
        assert.ok(Math.abs(share - (choice.right.flat()[at] ?? NaN)) < 1e-5, `pair ${at}`);
      });
      assert.ok(choice.milliseconds > 0);
    }
  });
});

test("a prompt of no token, of too many or of unknown ones is refused, and the worker goes on", async () => {
  await withCompute(async ({ choose }) => {
    for (const tokens of [[], Array.from({ length: 513 }, () => 1), [5, 300]]) {
      await assert.rejects(choose(randomChooser(), { tokens: Int32Array.from(tokens) }), ComputeError);
    }
    assert.equal((await choose(randomChooser())).keep.length, TOKENS.length);
  });
});

/** A graph with the inputs and outputs of a chooser, whose `right` is made by `add`. */
function oddChooser(add: (graph: GraphBuilder, keep: string) => void): Uint8Array {
  const graph = createGraph("odd");
  const tokens = graph.input("tokens", "int32", [1, "length"]);
  const flat = graph.value("Squeeze", "flat", { inputs: [tokens, graph.integers("axes", [0])] });
  const keep = graph.value("Cast", "as_float", { inputs: [flat], integers: { to: 1 } });
  graph.value("Mul", "keep", { inputs: [keep, graph.value("Sub", "nothing", { inputs: [keep, keep] })] });
  graph.output("keep", "float32", ["length"]);
  add(graph, keep);
  return graph.finish().encodeWhole({});
}

const right = (type: "float32" | "int64", shape: readonly number[]) => (graph: GraphBuilder): void => {
  const size = graph.integers("size", shape);
  const node = { inputs: [graph.integers("ones", [1]), size] };
  if (type === "int64") graph.value("Expand", "right", node);
  else graph.value("Cast", "right", { inputs: [graph.value("Expand", "wide", node)], integers: { to: 1 } });
  graph.output("right", type, shape);
};

test("a graph that is no chooser for this model is refused, whatever it gives, and the worker goes on", async () => {
  await withCompute(async ({ choose }) => {
    assert.equal((await choose(oddChooser(right("float32", [5, 4])))).right.flat().join(""), "1".repeat(20));
    const odd: Readonly<Record<string, Uint8Array>> = {
      "no graph at all": new Uint8Array(1000).fill(7),
      "another number of model levels": randomChooser({ modelLevels: 8 }),
      "another number of prompt levels": randomChooser({ promptLevels: 6 }),
      "far more than was asked for": oddChooser(right("float32", [5000, 4000])),
      "another type": oddChooser(right("int64", [5, 4])),
      "no second output": oddChooser(() => {}),
      "what is no probability": oddChooser((graph, keep) => {
        graph.value("Log", "numbers", { inputs: [keep] });
        graph.value("Expand", "right", {
          inputs: [graph.value("ReduceMax", "largest", { inputs: ["numbers"] }), graph.integers("size", [5, 4])],
        });
        graph.output("right", "float32", [5, 4]);
      }),
    };
    for (const [name, bytes] of Object.entries(odd)) await assert.rejects(choose(bytes), ComputeError, name);
    assert.equal((await choose(randomChooser())).keep.length, TOKENS.length);
  });
});

test("a chooser is read from the disk once, and again where it could not be read", async () => {
  await withFolder(async (folder) => {
    await using compute = startLocalCompute({ threads: 1 });
    const path = join(folder, "chooser");
    const ask = () => compute.choose({ path, tokens: Int32Array.from(TOKENS), levels: 4 });
    await assert.rejects(ask(), ComputeError);
    await writeFile(path, randomChooser());
    const first = await ask();
    await writeFile(path, "overwritten");
    assert.deepEqual((await ask()).right, first.right);
  });
});
