/** What the API is made from. */
import type { Manifest } from "../../models/manifest.ts";
import type { ActorSystem } from "../../runtime/actor/mod.ts";
import type { Target } from "../../plans/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Peers } from "../host.ts";
import type { AccessPolicy } from "./access.ts";
import type { Members } from "./members.ts";
import type { PageFiles } from "./page.ts";
import type { Served } from "./served.ts";
import type { Traces } from "./traces.ts";

export interface ApiOptions {
  readonly system: ActorSystem;
  readonly clock: Clock;
  readonly access: AccessPolicy;
  readonly device: string;
  /** What people call this device. */
  readonly name: string;
  readonly peers: Peers;
  readonly members: Members;
  /** How fast answers must be whose requests do not say. Default: the whole model makes them. */
  readonly target?: Target | undefined;
  /** How answers that entered here went. */
  readonly served: Served;
  /** The answers of late that entered here. */
  readonly traces: Traces;
  /** What this device counts, in Prometheus' format; absent where nothing counts. */
  readonly metrics?: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** The files of the page for people; absent: there is none. */
  readonly page?: PageFiles;
  /** Compiles a model file of this machine into the block store. @throws {ModelFileError} */
  readonly compile: (path: string) => Promise<Manifest>;
  /** The models that this device can describe. `complete`: it has all of their blocks. */
  readonly models: () => Promise<readonly LocalModel[]>;
  /** Has the daemon leave the mesh politely and stop. */
  readonly leave: () => void;
  /** Aborted when the daemon stops: what is being answered then ends with an error that says so. */
  readonly closing: AbortSignal;
}

/** A model in the block store. */
export interface LocalModel {
  readonly id: string;
  readonly name: string;
  readonly complete: boolean;
}
