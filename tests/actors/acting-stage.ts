/** A stage for acting leaders: a mesh of devices that load what they are told, and a planner that answers when asked to. */
import assert from "node:assert/strict";
import { Acting, type ActingOptions } from "../../actors/leader/acting.ts";
import type { AssignMessage, Order } from "../../actors/leader/orders.ts";
import { Pins } from "../../actors/leader/pins.ts";
import type { ServingPolicy } from "../../actors/leader/policy.ts";
import { Knowledge } from "../../actors/leader/knowledge.ts";
import type { DeviceReport } from "../../actors/leader/protocol.ts";
import type { ExecutorMessage } from "../../actors/executor/protocol.ts";
import type { SolveRequest } from "../../actors/leader/solver.ts";
import { type MeshState, noModels, type PlanNumber, type Standing, standingOf } from "../../actors/plan.ts";
import type { Manifest } from "../../models/manifest.ts";
import { plan, predict } from "../../plans/mod.ts";
import type { Ref } from "../../runtime/actor/mod.ts";

export const GIGA = 2 ** 30;
export const WAITING = noModels("");
export const policy: ServingPolicy = {
  objective: "latency",
  privateLayers: 0,
  privateHead: false,
  only: [],
  exclude: [],
  trusted: [],
  context: 128,
  concurrency: 1,
};

/** A model of six layers of 100 MB: 1 ms a layer on a device of 100 GB/s. */
export const modelOf = (letter: string, name: string) => ({
  format: 1,
  id: letter.repeat(64),
  name,
  architecture: { width: 1024, context: 256 },
  blocks: Array.from({ length: 8 }, (_, index) => ({
    index,
    kind: index === 0 ? "embed" : index === 7 ? "head" : "layer",
    memoryBytes: 100e6,
    multiplyAddsPerToken: 1e6,
    kvBytesPerToken: 1024,
    graph: { sha256: "0".repeat(64), bytes: 1000 },
    weights: { sha256: `${index}`.repeat(64), bytes: 100e6 },
  })),
} as unknown as Manifest);
export const manifest = modelOf("a", "model");

export function report(device: string, more: Partial<DeviceReport> = {}): DeviceReport {
  return {
    device,
    name: device,
    usableBytes: GIGA,
    totalBytes: GIGA,
    spareDiskBytes: 0,
    rates: { decodeNanosecondsPerByte: 0.01, prefillNanosecondsPerMultiplyAdd: 0.01 },
    work: [],
    peers: ["a", "b", "c"].filter((peer) => peer !== device),
    links: [],
    slowdown: 1,
    sensors: { cores: 1, load: 0 },
    ...more,
  };
}

/** A leader, its mesh of devices that load whatever they are told, and a planner that answers when asked to. */
export function stage(devices: readonly string[], published = WAITING, more: Partial<ActingOptions> = {}) {
  const live = new Set(devices);
  const assigned: (AssignMessage & { readonly to: string })[] = [];
  const states: MeshState[] = [];
  const questions: { id: number; request: SolveRequest }[] = [];
  let now = 0;
  const withdrawn: { device: string; number: PlanNumber }[] = [];
  const acting = new Acting({
    term: 1,
    device: "a",
    knowledge: new Knowledge(() => [...live]),
    pins: new Pins(),
    warn: () => {},
    ...more,
    published,
    self: { device: "a", path: "/leader", incarnation: "*", channel: "control" },
    live: () => [...live],
    solve: (id, request) => questions.push({ id, request }),
    send(device: string, message: Order) {
      if (message.type === "assign") assigned.push({ ...message, to: device });
      if (message.type === "publish") states.push(message.state);
      if (message.type === "withdraw") withdrawn.push({ device, number: message.number });
    },
  }, 0);
  const offer = (device: string, manifest: Manifest, policy: ServingPolicy, complete: boolean, at: number) => {
    acting.offered(device, manifest.id, policy, complete, at);
    acting.described(manifest, at);
  };
  const wait = (milliseconds: number) => {
    now += milliseconds;
    acting.tick(now);
  };
  return {
    acting,
    offer,
    withdrawn,
    live,
    assigned,
    questions,
    wait,
    now: () => now,
    states,
    published: () => states.at(-1) ?? assert.fail("nothing was published"),
    state: () => standingOf(states.at(-1) ?? WAITING),
    /** Answers the planner's last question as the planner would. */
    async solve() {
      const { id, request } = questions.splice(0).at(-1) ?? assert.fail("nothing was asked");
      const outcome = await plan(request.problem);
      const current = request.current === undefined ? undefined : predict(request.problem, request.current);
      acting.solved(id, { outcome, ...(current?.type === "possible" ? { current: current.prediction } : {}) }, now);
    },
    /** Has every device that was told to load say that it has. */
    load() {
      for (const { number } of assigned.splice(0)) {
        for (const device of live) {
          const ref: Ref<ExecutorMessage> = { device, path: "/executor", incarnation: "1", channel: "tensors" };
          acting.heard({ type: "prepared", number, device, ref }, now);
        }
      }
    },
  };
}

export const segments = (state: Standing) => {
  return state.type === "active"
    ? state.plan.segments.map(({ device, first, last }) => `${device} ${first}-${last}`)
    : [];
};
