/** What a supervisor is made of and what it keeps. */
import type { Compute } from "../../models/compute/mod.ts";
import type { BlockStore } from "../../models/store/mod.ts";
import type { Behaviour, Context, Ref } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { CharteredModel } from "../charter.ts";
import type { BalancerMessage } from "../balancer/protocol.ts";
import type { BlockRuns } from "../block-runs.ts";
import type { Announce } from "../events.ts";
import type { StepTimes } from "../executor/state.ts";
import type { GatewayMessage } from "../gateway/protocol.ts";
import type { InspectorMessage } from "../inspector/protocol.ts";
import type { KeeperMessage } from "../keeper/protocol.ts";
import type { AssignMessage } from "../leader/orders.ts";
import type { ServingPolicy } from "../leader/policy.ts";
import type { LeaderMessage } from "../leader/protocol.ts";
import type { LibraryMessage } from "../library/protocol.ts";
import type { MonitorMessage } from "../monitor/protocol.ts";
import type { WorkTimes } from "../monitor/work-times.ts";
import type { MeshState } from "../plan.ts";
import type { Held } from "./held.ts";
import type { LoadedSegment, Loading } from "./loading.ts";
import type { SupervisorMessage } from "./protocol.ts";
import type { Quota } from "./quota.ts";

/** The actors that every device hosts below its supervisor, for as long as it runs. */
export interface Cast {
  readonly leader: Behaviour<unknown, LeaderMessage>;
  readonly balancer: Behaviour<unknown, BalancerMessage>;
  readonly keeper: Behaviour<unknown, KeeperMessage>;
  readonly library: Behaviour<unknown, LibraryMessage>;
  readonly monitor: Behaviour<unknown, MonitorMessage>;
  readonly gateway: Behaviour<unknown, GatewayMessage>;
  readonly inspector: Behaviour<unknown, InspectorMessage>;
}

/** A segment that has run a step. */
export interface SteppedSegment {
  /** The model's name. */
  readonly model: string;
  readonly first: number;
  readonly last: number;
}

/** What a supervisor is made of. */
export interface SupervisorOptions {
  readonly device: string;
  readonly clock: Clock;
  readonly cast: Cast;
  readonly loading: Loading;
  readonly store: Pick<BlockStore, "manifest" | "stock" | "has" | "path">;
  /** Hears of the work of this device's segments. */
  readonly work: WorkTimes;
  /** Hears of each step of a segment here. Default: nobody. */
  readonly onStep?: ((segment: SteppedSegment, step: StepTimes) => void) | undefined;
  /** Asks a model's chooser about a prompt. Default: no model has one. */
  readonly choose?: Compute["choose"];
  /** How the model that this device offers is to be served. */
  readonly policy: ServingPolicy;
  /** Whether conversations guess what follows, where that pays. Default: true. */
  readonly speculates?: boolean;
  readonly announce: Announce;
}

/** A supervisor's state; it lives from a start to a stop or restart. */
export interface SupervisorState {
  readonly gateway: Ref<GatewayMessage>;
  readonly monitor: Ref<MonitorMessage>;
  readonly held: Held[];
  /** The assignments being loaded, by model: a later one of the same model supersedes. */
  readonly loading: Map<string, PendingLoad>;
  /** One load at a time: an assignment that supersedes another waits until that one has let go of half-fetched blobs. */
  loads: Promise<unknown>;
  /** Ends the fetching of blocks in reserve: an assignment comes first. */
  reserving: AbortController;
  /** Models of which the leaders know what is on this disk. */
  readonly told: Set<string>;
  /** What the mesh is to serve by its charter, also while no leader has said how it stands. */
  chartered: readonly CharteredModel[];
  /** Conversations that live here, by id: model, device that each answers to, and the bytes that it takes of its quota. */
  readonly conversations: Map<string, { readonly model: string; readonly device: string; readonly bytes: number }>;
  /** What other members have taken of this device. */
  readonly quotas: Map<string, Quota>;
  /** Executors started so far: their names are numbered. */
  executors: number;
  leader: string | undefined;
  term: number;
  mesh: MeshState;
}

/** An assignment on its way. */
export interface PendingLoad {
  readonly assignment: AssignMessage;
  readonly abort: AbortController;
  outcome: LoadOutcome | undefined;
}

/** What became of an assignment. */
export type LoadOutcome =
  | { readonly type: "loaded"; readonly segment: LoadedSegment }
  /** `missing`: blocks that no device in reach gave. */
  | { readonly type: "failed"; readonly reason: string; readonly missing: BlockRuns | undefined };

export type SupervisorContext = Context<SupervisorMessage>;
