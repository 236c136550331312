/** What a device's owner is told of its part in the plans. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceEvent } from "../../actors/events.ts";
import { describeEvent } from "../../actors/inspector/describe.ts";
import { planOf } from "../../actors/plan.ts";
import { leaderOf } from "../../actors/addresses.ts";
import type { Pinned } from "../../actors/leader/protocol.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

type Split = readonly { readonly device: string; readonly blocks: number }[];

function pin(mesh: SimulatedMesh, split: Split | null): void {
  const make = (replyTo: Ref<Reply<Pinned>>) => ({ type: "pin" as const, split: split && [...split], replyTo });
  void mesh.device("a").system.ask(leaderOf("a"), make, { timeoutMs: 5000 });
}

const planner = async (mesh: SimulatedMesh) => planOf((await mesh.device("a").view()).state)?.planner;

function said(mesh: SimulatedMesh, device: string, type: DeviceEvent["type"]): string[] {
  return mesh.device(device).events.filter((event) => event.type === type).map(describeEvent);
}

test("a device that joins is told that it runs nothing, and later what it runs, once each", async () => {
  await using mesh = await simulatedMesh(["a"], { layers: 6, policy: { objective: "latency" } });
  mesh.join("b");
  await mesh.until(() => said(mesh, "b", "part").length === 1);
  assert.match(
    said(mesh, "b", "part")[0] ?? "",
    /this device runs nothing now: numbers is on a alone, .* as predicted/,
  );
  pin(mesh, [{ device: "a", blocks: 5 }, { device: "b", blocks: 3 }]);
  await mesh.until(() => said(mesh, "b", "part").length === 2);
  assert.equal(said(mesh, "b", "part")[1], "this device runs blocks 5 to 7 of the 8 of numbers");
  await mesh.until(() => mesh.clock.now() > 60_000, 90_000);
  assert.equal(said(mesh, "b", "part").length, 2);
});

test("a split that is pinned as it is in force counts as pinned, and is left to the planner again by a word", async () => {
  await using mesh = await simulatedMesh(["a"], { layers: 6, policy: { objective: "latency" } });
  assert.equal(await planner(mesh), "solver");
  pin(mesh, [{ device: "a", blocks: 8 }]);
  await mesh.until(async () => await planner(mesh) === "pinned");
  pin(mesh, null);
  await mesh.until(async () => await planner(mesh) === "solver");
});

test("a pin that waited for its device is announced when it comes back", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 6, holders: 2 });
  pin(mesh, [{ device: "a", blocks: 2 }, { device: "b", blocks: 6 }]);
  await mesh.until(async () => await planner(mesh) === "pinned");
  await mesh.kill("b");
  await mesh.until(async () => await planner(mesh) === "even");
  mesh.join("b");
  await mesh.until(async () => await planner(mesh) === "pinned");
  const plans = said(mesh, "a", "plan");
  assert.match(plans.at(-1) ?? "", /the pinned split is taken up again; skein plan --auto/);
  assert.ok(plans.some((text) => text.endsWith("(pinned)")), plans.join("\n"));
});
