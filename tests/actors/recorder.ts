/** An actor that keeps what it is told, where a test wants to see what another actor says. */
import type { ActorSystem, Behaviour, Message } from "../../runtime/actor/mod.ts";
import { next } from "../../runtime/actor/mod.ts";

/** What a recorder has heard, with the devices that said it ("" for its own). */
export interface Recorder<M extends Message> {
  readonly behaviour: Behaviour<null, M>;
  readonly heard: M[];
  /** Messages of one type. */
  of<T extends M["type"]>(type: T): Extract<M, { type: T }>[];
}

/** Makes a recorder, which takes whatever any device sends. */
export function recorder<M extends Message>(): Recorder<M> {
  const heard: M[] = [];
  return {
    heard,
    of: <T extends M["type"]>(type: T) =>
      heard.filter((message): message is Extract<M, { type: T }> => message.type === type),
    behaviour: {
      accepts: (message) => message as M,
      start: () => null,
      receive(_state, message) {
        heard.push(message);
        return next(null);
      },
    },
  };
}

/** Spawns actors below a "supervisor", where well-known actors live. */
export function spawnCast(system: ActorSystem, cast: Readonly<Record<string, Behaviour<unknown, Message>>>): void {
  const root: Behaviour<null, Message> = {
    start(context) {
      for (const [name, behaviour] of Object.entries(cast)) context.spawn(behaviour, { name });
      return null;
    },
    receive: () => next(null),
  };
  system.spawn(root, { name: "supervisor" });
}
