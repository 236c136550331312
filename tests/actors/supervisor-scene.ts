/** A supervisor with recorders for its cast and for the leader on another device. */
import * as v from "valibot";
import type { BalancerMessage } from "../../actors/balancer/protocol.ts";
import { languagesHere } from "../../actors/conversation/language.ts";
import type { DeviceEvent } from "../../actors/events.ts";
import type { ExecutorMessage } from "../../actors/executor/protocol.ts";
import type { GatewayMessage } from "../../actors/gateway/protocol.ts";
import type { InspectorMessage } from "../../actors/inspector/protocol.ts";
import type { KeeperMessage } from "../../actors/keeper/protocol.ts";
import type { AssignMessage } from "../../actors/leader/orders.ts";
import type { ServingPolicy } from "../../actors/leader/policy.ts";
import type { LeaderMessage } from "../../actors/leader/protocol.ts";
import type { LibraryMessage } from "../../actors/library/protocol.ts";
import type { MonitorMessage } from "../../actors/monitor/protocol.ts";
import { WorkTimes } from "../../actors/monitor/work-times.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import { leaderOf, SUPERVISOR, supervisorOf } from "../../actors/addresses.ts";
import { supervisor } from "../../actors/supervisor/behaviour.ts";
import { Loading } from "../../actors/supervisor/loading.ts";
import { Conversing, type SupervisorMessage } from "../../actors/supervisor/protocol.ts";
import type { Manifest } from "../../models/manifest.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { createLoopback } from "../../runtime/actor/loopback.ts";
import { createActorSystem, type Ref, type Reply } from "../../runtime/actor/mod.ts";
import { simulatedClock } from "../../runtime/clock.ts";
import { defined } from "./defined.ts";
import { type FakeCompute, fakeCompute } from "./mesh/fake-compute.ts";
import { fakeManifest, fakeStore, VOCABULARY } from "./mesh/fake-model.ts";
import { type Recorder, recorder, spawnCast } from "./recorder.ts";

/** A supervisor on the device "here", led by the device "leader". */
export interface SupervisorScene {
  /** A model of six blocks whose files are here, and another one. */
  readonly manifest: Manifest;
  readonly other: Manifest;
  readonly compute: FakeCompute;
  readonly events: readonly DeviceEvent[];
  /** The leader actors of both devices, and what the supervisor told its own cast. */
  readonly leader: Recorder<LeaderMessage>;
  readonly here: Recorder<LeaderMessage>;
  readonly monitor: Recorder<MonitorMessage>;
  readonly gateway: Recorder<GatewayMessage>;
  tell(message: SupervisorMessage): void;
  pass(milliseconds: number): Promise<void>;
  assignment(more?: Partial<AssignMessage>): AssignMessage;
  /** The first segment that was prepared. */
  prepared(): Ref<ExecutorMessage>;
  planOf(ref: Ref<ExecutorMessage>, more?: Partial<ActivePlan>): ActivePlan;
  /** The leader publishes a plan, or that there is none. */
  publish(plan: ActivePlan | undefined, term?: number): void;
  converse(id: string): Promise<Conversing>;
}

const POLICY: ServingPolicy = {
  objective: "even",
  privateLayers: 0,
  privateHead: false,
  only: [],
  exclude: [],
  trusted: [],
  context: 64,
  concurrency: 2,
};

/** Sets the scene, and takes it down after `action`. */
export async function supervisorScene(
  action: (scene: SupervisorScene) => Promise<void>,
  { loadMilliseconds = 20 } = {},
): Promise<void> {
  const clock = simulatedClock();
  const network = createLoopback();
  await using system = createActorSystem({ device: "here", clock, transport: network.join("here"), graceMs: 50 });
  await using far = createActorSystem({ device: "leader", clock, transport: network.join("leader") });
  const [manifest, other] = [fakeManifest(4), fakeManifest(4, "other numbers")];
  const compute = fakeCompute({ clock, vocabulary: VOCABULARY, stepMilliseconds: 5, loadMilliseconds });
  const [leader, here] = [recorder<LeaderMessage>(), recorder<LeaderMessage>()];
  const [monitor, gateway] = [recorder<MonitorMessage>(), recorder<GatewayMessage>()];
  const events: DeviceEvent[] = [];
  const announce = (event: DeviceEvent) => void events.push(event);
  spawnCast(far, { leader: leader.behaviour });
  const store = fakeStore([manifest, other]);
  const loading = new Loading({
    device: "here",
    store,
    compute,
    languages: languagesHere(store),
    clock,
    peers: () => [],
    announce,
    onTransfer: () => {},
  });
  const cast = {
    leader: here.behaviour,
    monitor: monitor.behaviour,
    gateway: gateway.behaviour,
    balancer: recorder<BalancerMessage>().behaviour,
    keeper: recorder<KeeperMessage>().behaviour,
    library: recorder<LibraryMessage>().behaviour,
    inspector: recorder<InspectorMessage>().behaviour,
  };
  const options = { device: "here", clock, cast, loading, store, work: new WorkTimes(), policy: POLICY, announce };
  system.spawn(supervisor(options), { name: SUPERVISOR });
  const tell = (message: SupervisorMessage) => system.tell(supervisorOf("here"), message);
  tell({ type: "elected", leader: "leader", term: 1 });
  const prepared = () => defined(leader.of("prepared")[0]).ref;
  await action({
    manifest,
    other,
    compute,
    events,
    leader,
    here,
    monitor,
    gateway,
    tell,
    prepared,
    pass: (milliseconds) => clock.advance(milliseconds),
    assignment: (more = {}) => ({
      type: "assign",
      number: { term: 1, epoch: 1 },
      model: manifest.id,
      policy: POLICY,
      first: 0,
      last: 3,
      context: 64,
      concurrency: 2,
      bytes: 1000,
      sources: [],
      replyTo: leaderOf("leader"),
      ...more,
    }),
    planOf: (ref, more = {}) => ({
      number: { term: 1, epoch: 1 },
      model: { id: manifest.id, name: manifest.name, blocks: 6 },
      planner: "even",
      context: 64,
      concurrency: 2,
      segments: [{ device: ref.device, name: ref.device, first: 0, last: 3, bytes: 1000, ref }],
      ...more,
    }),
    publish(plan, term = plan?.number.term ?? 1) {
      const models = plan === undefined ? [] : [{ type: "active" as const, plan }];
      tell({ type: "publish", term, leader: "leader", state: { models, reason: "" } });
    },
    async converse(id) {
      const request = {
        prompt: { type: "text" as const, text: "Hi" },
        sampling: defaultSampling,
        maxTokens: 3,
        stop: [],
      };
      const asked = system.ask(supervisorOf("here"), (replyTo: Ref<Reply<Conversing>>) => ({
        type: "converse" as const,
        id,
        plan: { term: 1, epoch: 1 },
        request,
        progress: { generated: new Array<number>(), sent: 0 },
        answer: { device: "here", path: "/nobody", incarnation: "0", channel: "control" as const },
        replyTo,
      }), { timeoutMs: 1000, parse: (value) => v.parse(Conversing, value) });
      await clock.advance(1);
      const outcome = await asked;
      if (outcome.type !== "reply") throw new Error(`converse: ${outcome.reason}`);
      return outcome.value;
    },
  });
}
