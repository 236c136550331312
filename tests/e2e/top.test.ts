/** skein top in a terminal, over real daemons: at three sizes, with keys, while a daemon is killed, and how it leaves. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { skein } from "./command.ts";
import { complete, ended, type LocalMesh, type Place, startLocalMesh } from "./local-mesh.ts";
import { hasTmux, openTerminal, type TestTerminal } from "./tmux.ts";

const skip = hasTmux ? false : "no tmux on this machine";
const node = process.env["SKEIN_NODE"] ?? "node";
const launcher = fileURLToPath(new URL("../../bin/skein.js", import.meta.url));
const listen = "/ip4/127.0.0.1/tcp/0";

/** Where a daemon's API stays when it is started again. */
async function placeToStay(): Promise<Place> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("a server has a port");
  return { node, listen, apiPort: address.port, api: `http://127.0.0.1:${address.port}` };
}

test("skein top fits three sizes, does what keys say, and leaves the terminal as it was", { skip }, async () => {
  const place = await placeToStay();
  const other = { ...place, ...await placeToStay() };
  await using mesh = await startLocalMesh(2, builtinModelPath(), [], { places: [place, other] });
  await mesh.split([5, 3]);
  await using terminal = await openTerminal(80, 24);
  await terminal.type("echo before");
  await terminal.type(`${node} ${launcher} top --api ${place.api}`);
  await fitsThreeSizes(terminal, place.api);
  await borders(terminal, mesh);
  await terminal.press("w");
  await terminal.until(/Without d[01](: .* a token| there is no plan)/);
  await terminal.press("Escape");
  await daemonComesBack(terminal, mesh);
  await leaves(terminal, place.api);
});

async function fitsThreeSizes(terminal: TestTerminal, api: string): Promise<void> {
  await terminal.until(/d0 .*──▶ d1 5-7/);
  await complete(api, "Once upon a time", 30);
  await terminal.until(/answer [0-9a-f]{8} has ended/);
  for (const [columns, rows] of [[100, 30], [200, 60], [80, 24]] as const) {
    await terminal.resize(columns, rows);
    // The keys stand on the last row.
    const shown = await terminal.until(new RegExp(`^(?:.*\\n){${rows - 1}}.*q quit\\s*$`));
    const lines = shown.trimEnd().split("\n");
    for (const panel of [/─ answers ─/, /─ actors of d[01] ─/]) assert.equal(panel.test(shown), rows >= 30, shown);
    assert.equal(lines.length, rows);
    assert.ok(lines.every((line) => line.length <= columns));
  }
}

async function borders(terminal: TestTerminal, mesh: LocalMesh): Promise<void> {
  await terminal.press("p", "Right");
  await terminal.until(/With this split: .* a token/);
  await terminal.press("Enter");
  const [first] =
    (await mesh.until(({ state }) => state.type === "active" && state.plan.segments[0]?.last === 5)).models;
  assert.equal(first?.type, "active");
  await terminal.until(/──▶ d1 6-7/);
  await terminal.press("b");
  await mesh.until(({ state }) => state.type === "active" && state.plan.planner !== "pinned");
  await terminal.press("Escape");
  await terminal.until(/split evenly/);
}

async function daemonComesBack(terminal: TestTerminal, mesh: LocalMesh): Promise<void> {
  mesh.signal(0, "SIGKILL");
  await ended(mesh.daemons[0]?.ready.pid ?? 0);
  await terminal.until(/LOST for [^]*No daemon answers at/);
  await mesh.restart(0, { modelless: true });
  await terminal.until(/ live *\n(?![^]*No daemon answers at)/);
}

/** By q, by Ctrl-C, by a signal: the screen before is back, with its cursor and its line editing. */
async function leaves(terminal: TestTerminal, api: string): Promise<void> {
  const ways = [
    () => terminal.press("q"),
    () => terminal.press("C-c"),
    async () => void process.kill(await childOf(Number(await terminal.figure("pane_pid"))), "SIGTERM"),
  ];
  for (const [index, leave] of ways.entries()) {
    if (index > 0) {
      await terminal.type(`${node} ${launcher} top --api ${api}`);
      await terminal.until(/skein top .* live/);
    }
    await leave();
    await terminal.until(/\nbefore\n[^]*\$\s*$/);
    const figures = await Promise.all(["alternate_on", "cursor_flag"].map(terminal.figure));
    assert.deepEqual(figures, ["0", "1"]);
  }
  await terminal.type("stty -a | grep -q ' icanon.*' && stty -a | grep -q ' echo ' && echo as it was");
  await terminal.until(/^as it was/m);
}

/** The process that a shell waits for. */
async function childOf(shell: number): Promise<number> {
  const children = await readFile(`/proc/${shell}/task/${shell}/children`, "utf8");
  return Number(children.trim().split(" ")[0]);
}

test("where there is no terminal it prints a line a second, or an object, and ends when it is told to", async () => {
  await using mesh = await startLocalMesh(1, builtinModelPath());
  const line = await skein(["top", "--api", mesh.api(0)], 4000);
  assert.match(
    line.stdout,
    /^\d\d:\d\d:\d\d {2}gosling\S* {2}plan 1\.\d+ {2}d0 0-7 {2}0 tokens\/s {2}0 answers, 0 wait/m,
  );
  const { stdout } = await skein(["top", "--json", "--api", mesh.api(0)], 4000);
  const object = JSON.parse(stdout.split("\n")[0] ?? "");
  assert.deepEqual([object.live, object.devices[0].name, object.answers], [true, "d0", []]);
});
