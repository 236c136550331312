/** The balancer in a whole mesh: what it finds reaches the leader, which moves blocks under answers that go on, and looks whether it helped. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf } from "../../../actors/plan.ts";
import type { FakeCompute, FakeSegment } from "../mesh/fake-compute.ts";
import { type SimulatedMesh, simulatedMesh } from "../mesh/simulated-mesh.ts";

/** Who holds the whole model. */
async function holder(mesh: SimulatedMesh): Promise<string | undefined> {
  const plan = planOf((await mesh.device("b").view()).state);
  return plan?.segments.length === 1 ? plan.segments[0]?.device : undefined;
}

/** From now on the blocks of a device say that they take so many times as long. */
function slow(compute: FakeCompute, factor: number): void {
  const patch = (segment: FakeSegment): FakeSegment => {
    const step = segment.step.bind(segment);
    return Object.assign(segment, {
      step: async (request: Parameters<typeof step>[0]) => {
        const result = await step(request);
        return { ...result, blockMilliseconds: result.blockMilliseconds.map((took) => took * factor) };
      },
    });
  };
  for (const segment of compute.segments) patch(segment);
  const open = compute.open.bind(compute);
  Object.assign(compute, { open: async (request: Parameters<typeof open>[0]) => patch(await open(request)) });
}

/** Whether a device has told of a step of balancing. */
function told(mesh: SimulatedMesh, device: string, step: string): boolean {
  return mesh.device(device).events.some((event) => event.type === "balance" && event.step === step);
}

test("blocks move under an answer from a device that says it is slow, and back where tokens take longer then", async () => {
  // The head stays on b, so that what moves leaves two devices with a part each.
  const policy = { objective: "latency", privateHead: true } as const;
  await using mesh = await simulatedMesh(["b"], { layers: 12, policy, stepMilliseconds: 60 });
  const answer = mesh.ask("b", "Hello", 480);
  await mesh.until(() => answer.text.length > 60);
  mesh.join("a");
  await mesh.until(() => answer.text.length > 150);
  assert.equal(await holder(mesh), "b", "a is as fast");
  slow(mesh.device("b").compute, 4);
  await mesh.until(() => told(mesh, "b", "moving"));
  assert.ok(told(mesh, "b", "proposed"));
  // A step takes 60 ms whatever it holds, so that two devices are worse than one, and the leader sees it.
  await mesh.until(() => told(mesh, "b", "worse"));
  await mesh.until(async () => await holder(mesh) === "b");
  await mesh.until(() => answer.over);
  // Token 1 is no text.
  assert.equal(answer.text, mesh.expected("Hello", 480).replaceAll("<1>", ""));
});
