/** Each part of a mesh is killed at each moment of an answer's life; real processes, killed for real. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { MeshSummary } from "../../actors/gateway/mesh-view.ts";
import { launchDaemon } from "../../cli/launch.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { compileModel } from "../../models/compile/mod.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { ended, type LocalMesh, startLocalMesh } from "../e2e/local-mesh.ts";
import { readStream, type StreamRead } from "../e2e/read-stream.ts";

const MODEL = builtinModelPath();
/** So slow that a moment can be hit: a prompt of 300 tokens takes some tenths of a second, an answer one or two. */
const SLOW = ["--slowdown", "3"];
const SHORT = { prompt: "Once upon a time", max_tokens: 80, temperature: 0 };
const LONG = { prompt: "One day the sun came up and ".repeat(40), max_tokens: 30, temperature: 0.8, seed: 7 };
/** After this many pieces something happens. */
const SOME = 20;

/** The parts of a mesh of four: a leader that runs no block, and a pipeline of three. */
const PARTS = ["first", "middle", "last", "leader"] as const;
type Part = typeof PARTS[number];
type Cast = Readonly<Record<Part, number>>;

/** Has the three that do not lead run the model, two or three blocks each; says who is what. */
async function castOf(mesh: LocalMesh): Promise<Cast> {
  const blocks = await mesh.blocks();
  const { leader: id } = await mesh.until(({ leader }) => leader !== undefined);
  const leader = mesh.daemons.findIndex(({ ready }) => ready.peerId === id);
  const others = [0, 1, 2, 3].filter((index) => index !== leader);
  await mesh.split([blocks - 4, 2, 2], others);
  const [first = -1, middle = -1, last = -1] = others;
  return { first, middle, last, leader };
}

/** Brings a killed device back, into the mesh and into the plan. */
async function bringBack(mesh: LocalMesh, index: number): Promise<void> {
  await ended(mesh.daemons[index]?.ready.pid ?? 0);
  await mesh.restart(index);
  await mesh.until(({ leader, state }) => leader !== undefined && state.type === "active", index);
}

test("whichever device is killed at whatever moment, the reader gets the text that an undisturbed one gets", async (t) => {
  // A second one has the model's file, so that the other may be killed.
  await using mesh = await startLocalMesh(3, MODEL, [], { spread: false, limits: Array(4).fill(SLOW) });
  await mesh.join(["--model", MODEL]);
  await mesh.until(({ state }) => state.type === "active", 3);
  const [short, long] = [await readStream(mesh.api(0), SHORT), await readStream(mesh.api(3), LONG)];
  assert.deepEqual([short.error, long.error], [undefined, undefined]);

  /** Reads through a device that stays, while `part` is killed by what `when` says. */
  async function kill(
    part: Part,
    request: object,
    when: (strike: () => void, cast: Cast) => object,
  ): Promise<StreamRead> {
    const cast = await castOf(mesh);
    const strike = () => mesh.signal(cast[part], "SIGKILL");
    const read = await readStream(mesh.api(cast[part === "last" ? "first" : "last"]), request, when(strike, cast));
    await bringBack(mesh, cast[part]);
    return read;
  }

  for (const part of PARTS) {
    await t.test(`the ${part} in prefill`, async () => {
      let before: boolean | undefined;
      const read = await kill(part, LONG, (strike) => {
        let pieces = 0;
        const onStart = () => {
          before = pieces === 0;
          strike();
        };
        return { onStart, onPiece: (count: number) => pieces = count };
      });
      assert.deepEqual([read.error, read.text, read.tokens], [undefined, long.text, long.tokens]);
      assert.ok(before === true && (part === "leader" || read.conversations > 1), "it was not killed in prefill");
    });
    await t.test(`the ${part} in decode`, async () => {
      const read = await kill(part, SHORT, (strike) => ({ onPiece: (count: number) => count === SOME && strike() }));
      assert.deepEqual([read.error, read.text, read.tokens], [undefined, short.text, short.tokens]);
      assert.ok(part === "leader" || read.conversations > 1, "it was not killed in decode");
    });
  }

  for (const part of ["middle", "leader"] as const) {
    await t.test(`the ${part} while another plan is loaded`, async () => {
      const blocks = await mesh.blocks();
      const read = await kill(part, SHORT, (strike, { first, middle, last }) => {
        const split = [[middle, blocks - 4], [last, 2], [first, 2]].map(([device, blocks]) => ({
          device: `d${device}`,
          blocks,
        }));
        const pin = () => fetch(`${mesh.api(first)}/skein/plan`, { method: "POST", body: JSON.stringify({ split }) });
        return { onPiece: (count: number) => count === SOME && void pin().then(strike) };
      });
      assert.deepEqual([read.error, read.text, read.tokens], [undefined, short.text, short.tokens]);
    });
  }
});

test("a device that is killed while it compiles a model compiles it when it is back, to the same blocks", async () => {
  const folder = await mkdtemp(join(tmpdir(), "skein-test-"));
  process.env["SKEIN_STATE_DIR"] = folder;
  const own = ["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns", "--threads", "1"];
  const start = () => launchDaemon([...own, "--name", "d0", "--data-dir", join(folder, "d0"), "--model", MODEL]);
  let daemon = await start();
  try {
    await new Promise<void>((resolve) => daemon.onEvent(({ type }) => type === "compiling" && resolve()));
    process.kill(daemon.ready.pid, "SIGKILL");
    await ended(daemon.ready.pid);
    daemon = await start();
    const { tokens, error } = await readStream(daemon.ready.api, SHORT);
    assert.deepEqual([error, tokens > 1], [undefined, true]);
    const { state } = await (await fetch(`${daemon.ready.api}/skein/plan`)).json() as MeshSummary;
    const { id } = await compileModel(MODEL, { store: await openBlockStore(join(folder, "elsewhere")) });
    assert.equal(state.type === "active" && state.plan.model.id, id);
  } finally {
    await daemon.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
