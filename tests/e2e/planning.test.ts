/** What a person sees of planning: real daemons, limited to different speeds and memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MeshSummary } from "../../actors/gateway/mesh-view.ts";
import type { SolveAnswer } from "../../actors/leader/solver.ts";
import type { DeviceView } from "../../actors/inspector/protocol.ts";
import type { PlanView } from "../../actors/gateway/api.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { skein } from "./command.ts";
import { complete, startLocalMesh } from "./local-mesh.ts";

/** Who holds layers, by name. An embedding costs as good as nothing anywhere, and a moment's links decide about it. */
function layersOn({ state }: MeshSummary): string[] {
  if (state.type !== "active") return [];
  return state.plan.segments.filter(({ last }) => last > 0).map(({ name }) => name).sort();
}

test("the plan avoids the slow device, predicts, explains, and wonders without touching the mesh", async () => {
  // No device can hold the model (about 13 MiB with one sequence) alone, any two can; d1 is emulated 100 times slower: whatever a
  // busy machine makes of measurements, layers do not belong there.
  const limits = [["--memory", "9MiB"], ["--memory", "9MiB", "--slowdown", "100"], ["--memory", "9MiB"]];
  const options = ["--objective", "latency", "--concurrency", "1"];
  await using mesh = await startLocalMesh(3, builtinModelPath(), options, { limits, spread: false });
  const api = ["--api", mesh.api(2)];
  await mesh.until((view) => layersOn(view).join() === "d0,d2");
  // Links that settle may move a block, and then answers are measured anew.
  let [view, text] = [undefined as PlanView | undefined, ""];
  for (let answer = 0; answer < 20 && !/times the prediction/.test(text); answer++) {
    await complete(mesh.api(2), "Once upon a time", 40);
    view = JSON.parse((await skein(["plan", ...api, "--json"])).stdout) as PlanView;
    text = view.measured === undefined ? "" : (await skein(["plan", ...api])).stdout;
  }
  assert.ok(view?.state.type === "active" && view.state.plan.forecast !== undefined && view.measured !== undefined);
  assert.ok(view.state.plan.forecast.tpotMilliseconds > 0 && view.state.plan.forecast.gap <= 0.02);
  for (const words of [/planned/, /TPOT/, /bottleneck/, /proof/, /measured .*times the prediction/]) {
    assert.match(text, words);
  }

  const inspect = await skein(["inspect", ...api]);
  assert.match(inspect.stdout, /EMULATED 100 times slower/);
  const { devices } = JSON.parse((await skein(["inspect", ...api, "--json"])).stdout) as { devices: DeviceView[] };
  for (const { speed, links, sensors } of devices) {
    assert.ok((speed.rates?.decodeNanosecondsPerByte ?? 0) > 0 && sensors.cores > 0 && links.length === 2);
  }

  const study = async (...changes: string[]) => {
    const ran = await skein(["plan", ...api, "--json", ...changes.flatMap((change) => ["--what-if", change])]);
    assert.equal(ran.code, 0, ran.stderr);
    const answer = JSON.parse(ran.stdout) as SolveAnswer;
    assert.ok(answer.changed !== undefined && "outcome" in answer.changed);
    return answer.changed.outcome;
  };
  const roomy = await study("+device:memory=1GiB,speed=2");
  assert.equal(roomy.type === "placed" && roomy.segments.length, 1);
  const without = await study("-device:d2");
  assert.ok(without.type === "placed" && without.segments.length === 2);
  const lonely = await study("-device:d2", "-device:d1");
  assert.match(lonely.type === "infeasible" ? lonely.reason : "", /short.*would make it fit/);
  const offered = await study(`model=${builtinModelPath()}`);
  assert.ok(offered.type === "placed");
  const explained = await skein(["plan", ...api, "--explain"]);
  assert.match(explained.stdout, /d1/);
  const nonsense = await skein(["plan", ...api, "--what-if", "more=better"]);
  assert.deepEqual([nonsense.code, nonsense.stdout], [2, ""]);
  const missing = await skein(["plan", ...api, "--what-if", "model=/nowhere.gguf"]);
  assert.match(missing.stderr, /nowhere\.gguf/);
  assert.deepEqual(layersOn(await mesh.until(() => true)), ["d0", "d2"], "the mesh was not touched");
});

test("private layers stay on the device that offers the model, and an excluded device takes no part", async () => {
  // d0 offers the model, is slow and can hold half of it.
  const limits = [["--memory", "8MiB", "--slowdown", "10"], [], []];
  const policy = ["--private-layers", "1", "--exclude", "d2"];
  const options = ["--objective", "latency", "--concurrency", "1", ...policy];
  await using mesh = await startLocalMesh(3, builtinModelPath(), options, { limits, spread: false });
  const { state } = await mesh.until(({ state }) => state.type === "active" && state.plan.segments.length === 2);
  const segments = state.type === "active"
    ? state.plan.segments.map(({ name, first, last }) => `${name} ${first}-${last}`)
    : [];
  assert.deepEqual(segments, ["d0 0-1", "d1 2-7"]);
});
