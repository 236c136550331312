/**
 * A mesh of several devices in one process: supervisor, leader, monitor, library, gateway, answers, conversations and
 * executors run as they are, over real frames; time is simulated and computing is arithmetic.
 *
 * ```ts
 * await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6 });
 * const answer = mesh.ask("c", "Hello", 8);
 * await mesh.until(() => answer.over);
 * assert.deepEqual(answer.text, mesh.expected("Hello", 8));
 * ```
 */
import { leaderOf, SUPERVISOR, supervisorOf } from "../../../actors/addresses.ts";
import { languagesHere } from "../../../actors/conversation/language.ts";
import { composeDevice } from "../../../actors/compose.ts";
import type { Traces } from "../../../actors/gateway/traces.ts";
import type { KeptCharter } from "../../../actors/charter.ts";
import type { DeviceEvent } from "../../../actors/events.ts";
import type { ServingPolicy } from "../../../actors/leader/policy.ts";
import type { Solver } from "../../../actors/leader/solver.ts";
import { planOf } from "../../../actors/plan.ts";
import type { MeshView } from "../../../actors/supervisor/protocol.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { plan, predict } from "../../../plans/mod.ts";
import { createLoopback, type Loopback } from "../../../runtime/actor/loopback.ts";
import { type ActorSystem, createActorSystem, type Ref, type Reply } from "../../../runtime/actor/mod.ts";
import { type SimulatedClock, simulatedClock } from "../../../runtime/clock.ts";
import { expectedTokens, type FakeCompute, fakeCompute } from "./fake-compute.ts";
import { type AskOptions, idsOf, type SimulatedAnswer, startAnswer, textOf } from "./simulated-answer.ts";
import { fakeManifest, fakeStore, VOCABULARY } from "./fake-model.ts";
import { notaryHere } from "./notary.ts";

export type { AskOptions, SimulatedAnswer } from "./simulated-answer.ts";

export interface SimulatedOptions {
  /** Decoder layers of the model that the first device offers. */
  readonly layers: number;
  /** Slices of its layers, and so many levels. Default: 1. */
  readonly slices?: number;
  readonly policy?: Partial<ServingPolicy>;
  /** Devices whose stores have the whole model, from the first on; the first offers it. Default 1. */
  readonly holders?: number;
  /** More models that those devices have. Default: none. */
  readonly others?: readonly Manifest[];
  /** Bytes that models may take on each device. Default: 80% of 512 MiB. */
  readonly memoryLimitBytes?: number;
  /** Milliseconds of a step on every device. Default 5. */
  readonly stepMilliseconds?: number;
  readonly loadMilliseconds?: number;
  /** Whether conversations guess what follows. Default: false, so that tokens that run can be counted. */
  readonly speculates?: boolean;
  /** Bytes free on every disk. Default: 1 GiB. */
  readonly freeDisk?: number;
  /** Bytes of disk for blocks that do not run on a device. Default: no limit. */
  readonly diskLimitBytes?: number;
}

export interface SimulatedDevice {
  readonly id: string;
  readonly system: ActorSystem;
  readonly compute: FakeCompute;
  /** The answers of late that entered here. */
  readonly traces: Traces;
  readonly events: readonly DeviceEvent[];
  readonly store: ReturnType<typeof fakeStore>;
  /** What the device knows of the mesh. */
  view(): Promise<MeshView>;
}

export interface SimulatedMesh extends AsyncDisposable {
  readonly clock: SimulatedClock;
  readonly network: Loopback;
  readonly manifest: Manifest;
  device(id: string): SimulatedDevice;
  /** What each device has on disk of the charter; it outlives the device. */
  readonly kept: Map<string, KeptCharter>;
  /** Devices that have been put out: what they have signed is not believed. */
  readonly forgotten: Set<string>;
  /** Starts another device, connected with all. */
  join(id: string): SimulatedDevice;
  /** A device's process ends from one moment to the next: connections break, nothing is said. */
  kill(id: string): Promise<void>;
  ask(at: string, prompt: string, maxTokens: number, more?: AskOptions): SimulatedAnswer;
  /** What any split answers; of a model of other than the first one's `layers`, or at a level, where they are given. */
  expected(prompt: string, tokens: number, layers?: number, level?: number): string;
  /** Moves time on, from timer to timer, until the condition holds. Throws after `milliseconds` (default 60,000). */
  until(condition: () => boolean | Promise<boolean>, milliseconds?: number): Promise<void>;
}

const POLICY: ServingPolicy = {
  objective: "even",
  privateLayers: 0,
  privateHead: false,
  only: [],
  exclude: [],
  trusted: [],
  context: 512,
  concurrency: 4,
};
/** Time moves on from timer to timer, by at most this many milliseconds. */
const STEP = 1000;

/** Starts devices that are connected, the first of which offers a model; resolves when its plan is in force. */
export async function simulatedMesh(ids: readonly string[], options: SimulatedOptions): Promise<SimulatedMesh> {
  const clock = simulatedClock();
  const network = createLoopback();
  const manifest = fakeManifest(options.layers, "numbers", options.slices);
  const devices = new Map<string, SimulatedDevice & { stop(): Promise<void> }>();
  /** Everybody who has ever been here: who comes back has on disk what came with it first. */
  const joined = new Set<string>();
  const kept = new Map<string, KeptCharter>();
  const forgotten = new Set<string>();
  const join = (id: string): SimulatedDevice => {
    const place = [...joined.add(id)].indexOf(id);
    const held = place < (options.holders ?? 1) ? [manifest, ...options.others ?? []] : [];
    const device = startDevice(id, { clock, network, options, held, kept, forgotten });
    devices.set(id, device);
    return device;
  };
  const find = (id: string) => {
    const device = devices.get(id);
    if (device === undefined) throw new Error(`There is no device ${id}.`);
    return device;
  };
  const mesh: SimulatedMesh = {
    clock,
    network,
    manifest,
    kept,
    forgotten,
    device: find,
    join,
    async kill(id) {
      network.leave(id);
      const gone = find(id);
      devices.delete(id);
      await gone.stop();
    },
    ask: (at, prompt, maxTokens, more = {}) => startAnswer(find(at).system, at, prompt, maxTokens, more),
    expected: (prompt, tokens, layers = options.layers, level) =>
      textOf(expectedTokens(idsOf(prompt), tokens, layers, VOCABULARY, level)),
    async until(condition, milliseconds = 60_000) {
      for (const end = clock.now() + milliseconds; !(await condition());) {
        if (clock.now() >= end) throw new Error(`waited ${milliseconds} simulated milliseconds in vain`);
        const due = clock.nextDue() ?? Infinity;
        await clock.advance(Math.min(Math.max(due - clock.now(), 0), STEP));
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { stop } of devices.values()) await stop();
    },
  };
  for (const id of ids) join(id);
  const [first = ""] = ids;
  find(first).system.tell(supervisorOf(first), { type: "offer", model: manifest.id });
  await mesh.until(async () => {
    const plan = planOf((await find(first).view()).state);
    return new Set(plan?.segments.map(({ device }) => device)).size === ids.length;
  });
  return mesh;
}

interface Surroundings {
  readonly clock: SimulatedClock;
  readonly network: Loopback;
  readonly options: SimulatedOptions;
  readonly held: readonly Manifest[];
  readonly kept: SimulatedMesh["kept"];
  readonly forgotten: SimulatedMesh["forgotten"];
}

function startDevice(id: string, around: Surroundings): SimulatedDevice & { stop(): Promise<void> } {
  const { clock, network, options, held, kept, forgotten } = around;
  const { stepMilliseconds = 5, loadMilliseconds = 20 } = options;
  const transport = network.join(id);
  const peers = new Set<string>();
  const events: DeviceEvent[] = [];
  const store = fakeStore(held);
  const compute = fakeCompute({ clock, vocabulary: VOCABULARY, stepMilliseconds, loadMilliseconds });
  const system = createActorSystem({ device: id, clock, transport, graceMs: 100 });
  const { root, traces } = composeDevice({
    device: id,
    name: id,
    clock,
    joins: false,
    charter: {
      notary: notaryHere(id, forgotten),
      kept: kept.get(id),
      keep: (latest) => void kept.set(id, latest),
    },
    peers: () => [...peers].map((peer) => ({ device: peer, name: peer, roundTripMs: 1 })),
    host: {
      readMemory: () => Promise.resolve({ totalBytes: 2 ** 30, availableBytes: 2 ** 29 }),
      readFreeDisk: () => Promise.resolve(options.freeDisk ?? 2 ** 30),
      readSensors: () => Promise.resolve({ cores: 1, load: 0 }),
      processBytes: () => 2 ** 20,
    },
    store,
    compute,
    languages: languagesHere(store),
    policy: { ...POLICY, ...options.policy },
    memoryLimitBytes: options.memoryLimitBytes,
    slowdown: 1,
    diskLimitBytes: options.diskLimitBytes,
    speculates: options.speculates ?? false,
    rates: () => compute.probe(""),
    solver: solverHere(clock),
    inspect: system.inspect,
    announce: (event) => events.push(event),
  });
  const restart = { policy: "permanent", restarts: 5, seconds: 60 } as const;
  system.spawn(root, { name: SUPERVISOR, restart });
  for (const other of network.peersOf(id)) peers.add(other);
  transport.onPeer((event) => {
    if (event.type === "up") peers.add(event.device);
    else peers.delete(event.device);
    system.tell(leaderOf(id), { type: event.type === "up" ? "peer-up" : "peer-down", device: event.device });
  });
  return {
    id,
    system,
    compute,
    traces,
    events,
    store,
    async view() {
      const make = (replyTo: Ref<Reply<MeshView>>) => ({ type: "mesh" as const, replyTo });
      const outcome = await system.ask(supervisorOf(id), make, { timeoutMs: 1000 });
      if (outcome.type !== "reply") throw new Error(`The supervisor of ${id} does not answer: ${outcome.reason}`);
      return outcome.value;
    },
    stop: () => system.stop(),
  };
}

/** Plans on the spot: what the thread does, without one. */
function solverHere(clock: SimulatedClock): Solver {
  return {
    prepare: () => {},
    async solve({ problem, current }) {
      const outcome = await plan(problem, { now: () => clock.now(), deadline: clock.now() + 1000, gap: 0.02 });
      const predicted = current === undefined ? undefined : predict(problem, current);
      return { outcome, ...(predicted?.type === "possible" ? { current: predicted.prediction } : {}) };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
