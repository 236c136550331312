/** What a leader is made of and what it keeps. */
import type { Context } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Charter, CharterOptions, SignedCharter } from "../charter.ts";
import type { Announce } from "../events.ts";
import type { Peers } from "../host.ts";
import type { ManifestShelf } from "../library/fetch-manifest.ts";
import { type MeshState, noModels } from "../plan.ts";
import type { Acting } from "./acting.ts";
import type { Election } from "./election.ts";
import { Pins } from "./pins.ts";
import type { ServingPolicy } from "./policy.ts";
import type { BlockRuns } from "../block-runs.ts";
import type { Knowledge } from "./knowledge.ts";
import type { DeviceReport, LeaderMessage } from "./protocol.ts";
import type { Solver } from "./solver.ts";

/** What a leader is made of. */
export interface LeaderOptions {
  /** This device. */
  readonly self: string;
  readonly clock: Clock;
  /** Whether this device was told addresses of others: then it looks for their leader before it leads. */
  readonly joins: boolean;
  /** Whether it has at hand all that it needs to lead alone: then it looks for less long. Default: false. */
  readonly returns?: boolean;
  readonly peers: Peers;
  readonly solver: Solver;
  /** Keeps the manifests that are fetched, so that whoever leads next has them at hand. */
  readonly store: ManifestShelf;
  readonly announce: Announce;
  /** Whether measurements may move blocks. */
  readonly balances: boolean;
  /** Absent: what the mesh serves is not kept. */
  readonly charter?: CharterOptions | undefined;
}

/** A model that this device knows; `complete`: with all of its blocks. */
export interface OwnOffer {
  readonly policy: ServingPolicy;
  readonly complete: boolean;
}

/**
 * What outlives a crash of the actor. A leader that forgot its term could never lead again; one that forgot what was
 * published would take a healthy mesh for one without a plan.
 */
export interface Memory {
  term: number;
  report: DeviceReport | undefined;
  /** By model. */
  readonly offers: Map<string, OwnOffer>;
  /** The blocks that this device has on its disk, by model. */
  readonly holds: Map<string, BlockRuns>;
  published: MeshState;
  /** Splits that people asked for, by model, whoever led then. */
  readonly pins: Pins;
  /** What the mesh is to serve: what counts here, and the latest that has been signed. */
  charter: Charter | undefined;
  signed: SignedCharter | undefined;
  /** What is on disk of it, as text. */
  kept: string | undefined;
}

/** A leader's state; it lives from a start to a stop or restart. */
export interface LeaderState {
  readonly memory: Memory;
  election: Election;
  /** What the devices in reach tell everybody, so that whoever leads next knows it already. */
  readonly knowledge: Knowledge;
  /** When this device last looked at deadlines. */
  lookedAt: number;
  /** When it has itself woken to look at them before the next tick; undefined where nothing is due before it. */
  wakeAt: number | undefined;
  /** The term for which the planner was made ready, in case this device leads next. */
  preparedFor: number | undefined;
  /** When this device last said that it leads. */
  claimedAt: number;
  /** Present while this device leads. */
  acting: Acting | undefined;
  /** Manifests being fetched, or not to be asked for again before a time on the clock. By model. */
  readonly fetching: Map<string, number>;
}

export type LeaderContext = Context<LeaderMessage>;

/** What a leader remembers before anything has happened. */
export function nothingRemembered(): Memory {
  return {
    term: 0,
    report: undefined,
    offers: new Map(),
    holds: new Map(),
    published: noModels("The mesh has no leader yet."),
    pins: new Pins(),
    charter: undefined,
    signed: undefined,
    kept: undefined,
  };
}
