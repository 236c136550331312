/**
 * The routes below the daemon's API that are Skein's own, each with the schema of what goes in and what comes out. The
 * server answers by them, the CLI and whatever else looks at a daemon reads by them. OpenAI's are in `openai.ts`.
 */
import * as v from "valibot";
import { Happening } from "../inspector/happening.ts";
import { Keeping, LetGo, Removed } from "../keeper/protocol.ts";
import { DeviceView } from "../inspector/protocol.ts";
import { ServingPolicy, Split } from "../leader/policy.ts";
import type { SolveAnswer } from "../leader/solver.ts";
import { ActivePlan, ModelState } from "../plan.ts";
import { Count, Identifier, Sha256, ShortText } from "../wire.ts";
import { Trace } from "./trace.ts";

/** A route: how it is asked, with what, and what it answers. */
export interface Route<Request, Response> {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly request: v.GenericSchema<unknown, Request>;
  readonly response: v.GenericSchema<unknown, Response>;
}

const Nothing = v.undefined();

/** How the mesh stands in one word, and every model by itself. */
const MeshSummary = {
  leader: v.optional(Identifier),
  term: Count,
  state: v.variant("type", [
    v.object({ type: v.literal("active"), plan: ActivePlan }),
    v.object({ type: v.literal("waiting"), reason: ShortText }),
  ]),
  models: v.array(ModelState),
};

export const Health = v.object({
  status: v.literal("ok"),
  /** Whether there is a plan. */
  ready: v.boolean(),
  /** Why there is none. */
  reason: v.optional(v.string()),
});

export const PlanView = v.object({
  ...MeshSummary,
  /** Medians over answers that entered at this device under the plan. */
  measured: v.optional(v.object({ answers: Count, ttftMilliseconds: v.number(), tpotMilliseconds: v.number() })),
});
export type PlanView = v.InferOutput<typeof PlanView>;

/** A device that answered, or why it did not. */
export const InspectedDevice = v.union([
  DeviceView,
  v.object({ device: Identifier, name: ShortText, error: v.string() }),
]);
export type InspectedDevice = v.InferOutput<typeof InspectedDevice>;

export const Inspection = v.object({ ...MeshSummary, devices: v.array(InspectedDevice) });
export type Inspection = v.InferOutput<typeof Inspection>;

/** A line of the stream of events: what happens in the mesh, or how many events a slow reader missed. */
export const EventLine = v.union([v.object({ type: v.literal("missed"), events: Count }), Happening]);
export type EventLine = v.InferOutput<typeof EventLine>;

/** A member of the mesh, as the device that is asked knows it. */
export const MemberView = v.object({
  device: Identifier,
  name: ShortText,
  /** Of its software; empty where it does not tell. */
  version: ShortText,
  /** Whether it is the device that is asked. */
  self: v.boolean(),
  /** Whether it is connected now. */
  here: v.boolean(),
  /** Milliseconds since 1970; of the device that is asked absent. */
  lastSeenAt: v.optional(v.number()),
});
export type MemberView = v.InferOutput<typeof MemberView>;

/** The ways to a device, each tried. */
export const WaysView = v.object({
  ways: v.array(v.object({
    /** A multiaddr. */
    address: ShortText,
    /** Who told of it. */
    by: v.picklist(["member", "mdns"]),
    outcome: v.picklist(["reached", "closed", "silent", "wrong-key", "other-device", "failed"]),
    milliseconds: v.number(),
    /** What the system said, where it was not reached. */
    detail: v.optional(v.string()),
  })),
  /** Whether the device that is asked listens to mDNS. */
  mdns: v.boolean(),
  /** Milliseconds since mDNS last told of the device; absent where it never did. */
  sightedAgo: v.optional(v.number()),
});
export type WaysView = v.InferOutput<typeof WaysView>;

/** An answer of late. */
export const TracedSummary = v.object({
  id: Identifier,
  model: ShortText,
  /** Milliseconds since 1970. */
  at: v.number(),
  outcome: ShortText,
  promptTokens: Count,
  /** Tokens of the prompt that have been read, while it is; 0 before. */
  readTokens: v.optional(Count),
  completionTokens: Count,
  ttftMs: v.nullable(v.number()),
  totalMs: v.number(),
});
export type TracedSummary = v.InferOutput<typeof TracedSummary>;

const Times = v.object({ ttft_ms: v.optional(v.number()), tpot_ms: v.optional(v.number()) });

/** What answers that had a target tell of how they were made. */
const LevelDetails = v.object({
  /** Slices of the model's layers that ran, and how many there are. */
  level: Count,
  levels: Count,
  /** The share of users' text that was kept. */
  prompt_share: v.number(),
  /** What was predicted when the prompt came, what was allowed by the target, and what it took. */
  predicted: v.optional(Times),
  target: v.optional(Times),
  took: Times,
  /** Until level and prompt were chosen: part of the time to the first token. */
  choosing_ms: v.optional(v.number()),
  /** Whether it took no longer than it was allowed to. */
  met: v.optional(v.boolean()),
  /** A sentence where the target was not to be had. */
  word: v.optional(v.string()),
});
export type LevelDetails = v.InferOutput<typeof LevelDetails>;

/** What answers carry beside OpenAI's format: how long they took, and which devices gave them. */
export const AnswerDetails = v.object({
  ...v.partial(LevelDetails).entries,
  ttft_ms: v.number(),
  total_ms: v.number(),
  prompt_tokens: Count,
  completion_tokens: Count,
  /** Above 1: the answer was taken up again after a device was lost. */
  conversations: Count,
  route: v.array(v.object({ device: ShortText, first: Count, last: Count })),
  /** Parameters of the request that had no effect. */
  ignored: v.optional(v.array(v.string())),
});
export type AnswerDetails = v.InferOutput<typeof AnswerDetails>;

/** What Skein's own clients read of a chunk of a stream, chat or not. */
export const StreamChunk = v.object({
  choices: v.optional(v.array(v.object({
    text: v.optional(v.string()),
    delta: v.optional(v.object({ content: v.optional(v.string()) })),
    finish_reason: v.nullable(v.string()),
  }))),
  skein: v.optional(AnswerDetails),
  error: v.optional(v.object({ message: v.string() })),
});

/** Which model the whole mesh is to serve, and how. */
export const UseRequest = v.object({
  /** Its name or id, or the beginning of its id: a model that is known to the device that is asked. */
  model: v.pipe(ShortText, v.minLength(1)),
  /** How to serve it. Default: as before, or as the daemon was started with. */
  policy: v.optional(ServingPolicy),
  /** Beside the others, rather than in their place. Default: false. */
  also: v.optional(v.boolean()),
  /** Answers of models that give way are let go of, rather than ended first. Default: false. */
  now: v.optional(v.boolean()),
});
export type UseRequest = v.InferOutput<typeof UseRequest>;

export const UsedModel = v.object({ id: Sha256, name: ShortText });
export type UsedModel = v.InferOutput<typeof UsedModel>;

/** JSON that is made and read by the same types on both sides. */
function jsonOf<T>(): v.GenericSchema<unknown, T> {
  return v.custom<T>((value) => typeof value === "object" && value !== null);
}

const get = <R>(path: string, response: v.GenericSchema<unknown, R>): Route<undefined, R> => {
  return { method: "GET", path, request: Nothing, response };
};
const post = <Q, R>(
  path: string,
  request: v.GenericSchema<unknown, Q>,
  response: v.GenericSchema<unknown, R>,
): Route<Q, R> => ({ method: "POST", path, request, response });

/** Every route of Skein's own. */
export const routes = {
  health: get("/healthz", Health),
  plan: get("/skein/plan", PlanView),
  /** Fixes how many blocks each device holds; `null` leaves it to the planner again. */
  pin: post("/skein/plan", v.object({ split: v.nullable(Split) }), v.object({ accepted: v.boolean() })),
  /** For the owner alone: has the mesh serve a model. Its plan comes into force later: see `plan`. */
  use: post("/skein/use", UseRequest, UsedModel),
  /** The device is to leave the mesh: it stops once others have taken over what runs on it, or after a few seconds. */
  leave: post("/skein/leave", Nothing, v.object({ leaving: v.literal(true) })),
  /** The best plan now, after changes, and why. */
  study: post(
    "/skein/study",
    v.object({ changes: v.pipe(v.array(ShortText), v.maxLength(32)) }),
    jsonOf<SolveAnswer>(),
  ),
  devices: get("/skein/devices", v.object({ devices: v.array(MemberView) })),
  /** For the owner alone: tries every address of a device, which may take 7 s for each. */
  ways: post("/skein/ways", v.object({ device: Identifier }), WaysView),
  /** For the owner alone: lets so many devices in, for so long. Default: one, for an hour. */
  invite: post(
    "/skein/invites",
    v.object({ lifetimeMs: v.optional(Count), uses: v.optional(Count) }),
    v.object({ invite: v.string() }),
  ),
  /** For the owner alone: puts a device out. */
  forget: post("/skein/forget", v.object({ device: Identifier }), v.object({ forgotten: Identifier })),
  /** The models on this device's disk. */
  models: get("/skein/models", Keeping),
  /** For the owner alone: deletes a model here, by its name or id; `force`: also one that is served, but for what runs. */
  removeModel: post("/skein/models/remove", v.object({ model: ShortText, force: v.optional(v.boolean()) }), Removed),
  /** For the owner alone: deletes what is left over, and spare copies. `all`: also models that are not served. */
  prune: post(
    "/skein/models/prune",
    v.object({ all: v.optional(v.boolean()), dryRun: v.optional(v.boolean()) }),
    LetGo,
  ),
  inspect: get("/skein/inspect", Inspection),
  /** Answers of late that entered at this device, the latest first. */
  traces: get("/skein/traces", v.object({ answers: v.array(TracedSummary) })),
  /** The way of one across devices; the id, or its beginning, is the last part of the path. */
  trace: get("/skein/traces/", Trace),
  /** JSON lines without end; each is one of these, or empty. What is wanted of them is in the query: `event-query.ts`. */
  events: get("/skein/events", EventLine),
} as const;
