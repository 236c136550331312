/** A mesh to look at: laptop and desktop run a model, board has no blocks. */
import type { Inspection } from "../../../actors/gateway/api.ts";
import type { DeviceView } from "../../../actors/inspector/protocol.ts";
import type { Happened } from "../../../cli/top/look.ts";
import { type Known, learn, type News, nothingKnown } from "../../../cli/top/state.ts";
import { planAt } from "../../actors/gateway/scene.ts";

const GIB = 2 ** 30;
/** Noon of a day, here. */
export const NOON = new Date(2026, 0, 2, 12).getTime();

export interface MeshOptions {
  /** Names of the devices, which are also their ids. */
  readonly names?: readonly string[];
  /** Seconds that everything has run. */
  readonly seconds?: number;
  /** Messages of every actor, bytes of every device, until then. */
  readonly handled?: number;
  readonly change?: (view: DeviceView) => DeviceView;
}

/** What `/skein/inspect` says. */
export function inspection({ names = ["laptop", "desktop", "board"], ...options }: MeshOptions = {}): Inspection {
  const [first = "laptop", second = "desktop"] = names;
  const plan = planAt(first);
  const segments = plan.segments.map((segment, place) => {
    const device = place === 0 ? first : second;
    return { ...segment, device, name: device, ref: { ...segment.ref, device } };
  });
  const forecast = {
    promptTokens: 512,
    ttftMilliseconds: 200,
    tpotMilliseconds: 50,
    tokensPerSecond: 20,
    bottleneck: first,
    solver: "exact",
    gap: 0,
    proofs: [],
    verdict: "",
    stages: segments.map(({ device }) => ({ device, decodeMilliseconds: 24, usableBytes: GIB })),
    links: [{ name: `${first} > ${second}`, decodeMilliseconds: 2 }],
  };
  const active = { ...plan, model: { ...plan.model, name: "story" }, planner: "solver" as const, segments, forecast };
  return {
    leader: first,
    term: 1,
    state: { type: "active", plan: active },
    models: [{ type: "active", plan: active }],
    devices: names.map((name, place) => (options.change ?? ((view) => view))(viewOf(name, names, place < 2, options))),
  };
}

function viewOf(name: string, names: readonly string[], runs: boolean, { seconds = 60, handled = 1000 }: MeshOptions) {
  const path = "/supervisor/executor-1";
  return {
    device: name,
    name,
    leader: names[0],
    term: 1,
    memory: { usableBytes: 4 * GIB, totalBytes: 8 * GIB, processBytes: GIB },
    processSeconds: { computed: seconds * 2, up: seconds },
    speed: { slowdown: 1, work: [] },
    sensors: { cores: 4, load: 0.5 },
    links: names.filter((other) => other !== name).map((other) => ({
      device: other,
      name: other,
      roundTripMilliseconds: 4,
    })),
    segments: runs ? [segmentOf(path)] : [],
    actors: ["/supervisor", ...runs ? [path] : [], "/gateway"].map((path) => ({
      path,
      state: "running",
      mailbox: 0,
      mailboxBound: 1024,
      handled,
      meanMilliseconds: 0.5,
      lastMilliseconds: 0.5,
      restarts: 0,
      p99Milliseconds: 1.5,
      upMilliseconds: seconds * 1000,
    })),
    counters: { framesIn: 1, framesOut: 1, bytesIn: handled * 100, bytesOut: handled * 200, dropped: {} },
  } satisfies DeviceView;
}

function segmentOf(path: string): DeviceView["segments"][number] {
  return {
    path,
    first: 0,
    last: 1,
    bytes: GIB,
    weightBytes: GIB,
    look: {
      slots: { taken: 1, all: 4 },
      waiting: 0,
      queued: { decode: 0, prefill: 0 },
      steps: 100,
      rowsPerStep: 1,
      tokensPerSecond: 20,
      stepMilliseconds: { mean: 24, p99: 40 },
    },
  };
}

/** A look at the mesh, so many seconds past noon. */
export function looked(seconds: number, options: MeshOptions = {}): News {
  return { type: "looked", now: NOON + seconds * 1000, look: { at: seconds * 1000, inspection: inspection(options) } };
}

/** Something that happened, so many seconds past noon. */
export function happened(seconds: number, event: Partial<Happened>): News {
  const line = { at: NOON + seconds * 1000, device: "laptop", name: "laptop", type: "warning", text: "", ...event };
  return { type: "happened", now: line.at, line };
}

/** A step of an answer, told by laptop. */
export function answer(seconds: number, id: string, event: object): News {
  const told = { type: "answer", id, model: "story", ...event };
  return happened(seconds, { type: "answer", text: `answer ${id} ${JSON.stringify(event)}`, event: told });
}

/** What is known once all of this was told. */
export function knownOf(...news: readonly News[]): Known {
  return news.reduce(learn, nothingKnown("http://127.0.0.1:11411", NOON));
}
