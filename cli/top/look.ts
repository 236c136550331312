/** What a daemon told: a look at the mesh, and what happened. */
import type { EventLine, Inspection } from "../../actors/gateway/api.ts";

/** Something that happened, where and when. */
export type Happened = Exclude<EventLine, { type: "missed" }>;

/** A look at the mesh. */
export interface Look {
  /** When, in milliseconds of a clock that only grows. */
  readonly at: number;
  readonly inspection: Inspection;
}
