import type { Context } from "./behaviour.ts";
import type { Cell, Life } from "./cell.ts";
import { type Core, send, tell } from "./core.ts";
import { handOver } from "./departure.ts";
import { find } from "./home.ts";
import { stopCell } from "./life.ts";
import { receiveActors, startTimer, watchActor, watchDevice } from "./notices.ts";
import type { Message, Ref } from "./ref.ts";
import { relocate } from "./relocate.ts";
import { spawnCell } from "./spawn.ts";

/** An actor's view of the world for one life. After that life it spawns, asks, watches and waits for nothing any more. */
export function createContext(core: Core, cell: Cell, life: Life): Context<Message> {
  return {
    self: cell.ref,
    device: core.device,
    clock: core.clock,
    get signal() {
      return life.signal;
    },
    tell: (ref, message) => tell(core, ref, message),
    ask(ref, make, options) {
      if (life.over) return Promise.resolve({ type: "aborted", reason: `${cell.path} has ended` });
      return core.asks.ask(ref, make, options, (to, pending) => send(core, to, pending), life.asks);
    },
    spawn(behaviour, options) {
      if (life.over) throw new Error(`spawn ${cell.path}/${options.name}: the parent has ended or was restarted`);
      return spawnCell(core, cell, behaviour, options).ref;
    },
    async stop(child) {
      checkChild("stop", child);
      const found = find(core, child.path, child.incarnation);
      if (found !== undefined) await stopCell(core, found, { type: "stopped", detail: "its parent stopped it" });
    },
    handOver: async (child, options) => await handOver(core, living("hand over", child), options),
    relocate: async (child, device, options) => await relocate(core, living("relocate", child), device, options),
    receive: (kind, toMessage) => life.over ? () => {} : receiveActors(core, cell, life, kind, toMessage),
    watch: (ref, toMessage) => life.over ? () => {} : watchActor(core, cell, life, ref, toMessage),
    watchDevice: (device, toMessage) => life.over ? () => {} : watchDevice(core, cell, life, device, toMessage),
    after: (milliseconds, message) => life.over ? () => {} : startTimer(core, cell, life, milliseconds, message),
  };

  function living(action: string, child: Ref<never>): Cell {
    checkChild(action, child);
    const found = find(core, child.path, child.incarnation);
    if (found === undefined) throw new Error(`${cell.path} cannot ${action} ${child.path}: it lives no more`);
    return found;
  }

  function checkChild(action: string, child: Ref<never>): void {
    const parent = child.path.slice(0, child.path.lastIndexOf("/"));
    if (child.device === core.device && parent === cell.path) return;
    throw new Error(`${cell.path} cannot ${action} ${child.path} of ${child.device}: only its own children`);
  }
}
