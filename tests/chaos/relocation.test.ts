/** Blocks are on their way from one device to another, and something happens to a device; real processes, killed for real. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { ended, type LocalMesh, startLocalMesh } from "../e2e/local-mesh.ts";
import { readStream, type StreamRead } from "../e2e/read-stream.ts";

const MODEL = builtinModelPath();
/** So slow that an answer outlasts a move. */
const SLOW = ["--slowdown", "4"];
const REQUEST = { prompt: "Once upon a time", max_tokens: 110, temperature: 0.8, seed: 11 };
/** After this many pieces blocks are sent on their way. */
const SOME = 10;
const FROZEN_MILLISECONDS = 3000;
const ATTEMPTS = 20;

/** The parts of a move: who leads and runs nothing, whose blocks stay, who gives blocks away, who gets them. */
const PARTS = ["leader", "bystander", "source", "target"] as const;
type Part = typeof PARTS[number];
type Cast = Readonly<Record<Part, number>>;

/** What happens, and to whom. */
interface Cell {
  readonly name: string;
  readonly parts: readonly Part[];
  /** Does it; resolves when everybody is back. */
  strike(mesh: LocalMesh, devices: readonly number[]): Promise<void>;
  /** Whether those it happens to are lost to their readers. */
  readonly deadly: boolean;
}

const kill = (...parts: Part[]): Cell => ({
  name: `${parts.join(" and ")} killed`,
  parts,
  deadly: true,
  strike: (mesh, devices) => end(mesh, devices, "SIGKILL"),
});

const freeze = (part: Part): Cell => ({
  name: `${part} frozen`,
  parts: [part],
  deadly: false,
  async strike(mesh, devices) {
    for (const index of devices) mesh.signal(index, "SIGSTOP");
    await pause(FROZEN_MILLISECONDS);
    for (const index of devices) mesh.signal(index, "SIGCONT");
  },
});

const CELLS: readonly Cell[] = [
  kill("leader"),
  kill("bystander"),
  kill("source"),
  kill("target"),
  kill("source", "target"),
  kill("leader", "target"),
  freeze("source"),
  freeze("target"),
  {
    name: "source leaves politely",
    parts: ["source"],
    deadly: true,
    strike: (mesh, devices) => end(mesh, devices, "SIGTERM"),
  },
  {
    name: "another device joins",
    parts: [],
    deadly: false,
    async strike(mesh) {
      await mesh.join();
    },
  },
];

/** Ends devices, and starts them again. */
async function end(mesh: LocalMesh, devices: readonly number[], signal: NodeJS.Signals): Promise<void> {
  for (const index of devices) mesh.signal(index, signal);
  for (const index of devices) {
    await ended(mesh.daemons[index]?.ready.pid ?? 0);
    await mesh.restart(index);
  }
}

/** Has two that do not lead run the model; says who is what in the move to come. */
async function castOf(mesh: LocalMesh): Promise<Cast> {
  for (const index of [0, 1, 2, 3]) {
    await mesh.until(({ leader, state }) => leader !== undefined && state.type === "active", index);
  }
  const { leader: id } = await mesh.until(({ leader }) => leader !== undefined);
  const leader = mesh.daemons.findIndex(({ ready }) => ready.peerId === id);
  const others = [0, 1, 2, 3].filter((index) => index !== leader);
  const [bystander = -1, source = -1, target = -1] = others;
  const counts = [await mesh.blocks() - 3, 3];
  await again(() => mesh.split(counts, [bystander, source]));
  return { leader, bystander, source, target };
}

/** Whoever has just come back may not have met everybody yet. */
async function again(action: () => Promise<void>): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await pause(500);
    }
  }
}

/** Reads at every device while blocks move and, as soon as the target has loaded them, something happens. */
async function during(mesh: LocalMesh, cell: Cell): Promise<{ reads: StreamRead[]; struck: readonly number[] }> {
  const cast = await castOf(mesh);
  const struck = cell.parts.map((part) => cast[part]);
  const blocks = await mesh.blocks();
  const striking = Promise.withResolvers<void>();
  let moves = false;
  mesh.daemons[cast.target]?.onEvent(({ type }) => {
    if (type !== "segment" || !moves) return;
    moves = false;
    cell.strike(mesh, struck).then(striking.resolve, striking.reject);
  });
  const move = async () => {
    moves = true;
    const split = [[cast.bystander, blocks - 3], [cast.target, 3]].map(([device, blocks]) => {
      return { device: `d${device}`, blocks };
    });
    await fetch(`${mesh.api(cast.bystander)}/skein/plan`, { method: "POST", body: JSON.stringify({ split }) })
      .then((response) => response.text(), () => {});
  };
  const reads = [0, 1, 2, 3].map((index) => {
    const onPiece = (count: number) => {
      if (index === cast.bystander && count === SOME) void move();
    };
    return readStream(mesh.api(index), REQUEST, { onPiece });
  });
  const done = await Promise.all(reads);
  await striking.promise;
  return { reads: done, struck };
}

test("whatever happens to whichever device while blocks move, those who read elsewhere get every token once", async (t) => {
  await using mesh = await startLocalMesh(4, MODEL, ["--concurrency", "4"], {
    spread: false,
    // Whoever is killed, the others have the blocks.
    holders: [0, 1, 2, 3],
    limits: Array.from({ length: 5 }, () => SLOW),
  });
  const whole = await readStream(mesh.api(0), REQUEST);
  assert.equal(whole.error, undefined);
  for (const cell of CELLS) {
    await t.test(cell.name, async () => {
      const { reads, struck } = await during(mesh, cell);
      for (const [index, { error, text, tokens }] of reads.entries()) {
        if (cell.deadly && struck.includes(index)) continue;
        assert.deepEqual([error, text, tokens], [undefined, whole.text, whole.tokens], `read at d${index}`);
      }
    });
  }
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
