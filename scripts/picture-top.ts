/**
 * Command: a picture of `skein top` for the docs, over three daemons on this machine with answers under way.
 *
 *     npm run pictures:top        # writes docs/top.svg
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { routes } from "../actors/gateway/api.ts";
import { call } from "../cli/api-client.ts";
import { layout } from "../cli/top/layout.ts";
import { learn, nothingKnown } from "../cli/top/state.ts";
import { firstView } from "../cli/top/view.ts";
import { machineTimes, watch } from "../cli/top/watch.ts";
import { builtinModelPath } from "../models/builtin/mod.ts";
import { complete, startLocalMesh } from "../tests/e2e/local-mesh.ts";
import { terminalSvg } from "./terminal-svg.ts";

const SIZE = { columns: 112, rows: 32 };
const NAMES = ["laptop", "desktop", "board"];
const SECONDS = 8;

const limits = NAMES.map((name) => ["--name", name]);
await using mesh = await startLocalMesh(NAMES.length, builtinModelPath(), [], { limits });
const blocks = [3, 2, 3];
await call(mesh.api(0), routes.pin, { split: NAMES.map((device, index) => ({ device, blocks: blocks[index] ?? 1 })) });
await mesh.until(({ state }) => state.type === "active" && state.plan.planner === "pinned");

const leaving = new AbortController();
let known = nothingKnown(mesh.api(0), Date.now());
const watching = watch({
  find: () => Promise.resolve(mesh.api(0)),
  onNews: (news) => known = learn(known, news),
  signal: leaving.signal,
  times: machineTimes,
  past: 30,
});
const until = Date.now() + SECONDS * 1000;
const asking = NAMES.map(async (_, index) => {
  while (Date.now() < until) await complete(mesh.api(index), "Once upon a time there was a goose who", 150);
});
await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000 - 500));
const lines = layout(known, firstView, SIZE);
leaving.abort();
await Promise.all([watching, ...asking]);
const title = "skein top: the way of a token over three devices, their load, answers, actors, and what happens";
await writeFile(fileURLToPath(new URL("../docs/top.svg", import.meta.url)), terminalSvg(lines, SIZE.columns, title));
