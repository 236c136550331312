import type { ActorSystem } from "../../runtime/actor/mod.ts";

/** Two places to stand; the same one twice if `far` lives on `near`'s device. */
export interface Place extends AsyncDisposable {
  /** Where the test tells, asks and watches. */
  readonly near: ActorSystem;
  /** Where the actors live. */
  readonly far: ActorSystem;
  /** Breaks the connection between the two, if there is one. */
  disconnect?(): void | Promise<void>;
  /** Makes it again; resolves when frames can be sent. */
  connect?(): void | Promise<void>;
}

/** Registers a test that gets a place of its own. */
export type Check = (name: string, body: (place: Place) => Promise<void>) => void;
