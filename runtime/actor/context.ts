import type { Context, Terminated } from "./behaviour.ts";
import { type Cell, type Life, Notice } from "./cell.ts";
import { type Core, dispatch, find, notify, tell, watch } from "./core.ts";
import { spawnCell, stopCell } from "./life.ts";
import { type Message, type Ref, refKey } from "./ref.ts";
import { Watch } from "./watch.ts";

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
      return core.asks.ask(ref, make, options, (to, pending) => dispatch(core, to, pending), life.asks);
    },
    spawn(behaviour, options) {
      if (life.over) throw new Error(`spawn ${cell.path}/${options.name}: the parent has ended or was restarted`);
      return spawnCell(core, cell, behaviour, options).ref;
    },
    async stop(child) {
      const parent = child.path.slice(0, child.path.lastIndexOf("/"));
      if (child.device !== core.device || parent !== cell.path) {
        throw new Error(`${cell.path} cannot stop ${child.path} of ${child.device}: only its own children`);
      }
      const found = find(core, child.path, child.incarnation);
      if (found !== undefined) await stopCell(core, found, { type: "stopped", detail: "its parent stopped it" });
    },
    watch: (ref, toMessage) => life.over ? () => {} : watchFor(core, cell, life, ref, toMessage),
    after: (milliseconds, message) => life.over ? () => {} : timer(core, cell, life, milliseconds, message),
  };
}

function watchFor(
  core: Core,
  cell: Cell,
  life: Life,
  ref: Ref<never>,
  toMessage: (terminated: Terminated) => Message,
): () => void {
  const key = refKey(ref);
  const existing = life.watches.get(key);
  if (existing !== undefined) return existing;
  let notice: Notice | undefined;
  const own = new Watch(ref, (terminated) => {
    notice = new Notice(() => toMessage(terminated));
    notice.taken = forget;
    notify(cell, notice);
  });
  life.watches.set(key, unwatch);
  watch(core, own, cell.ref.channel);
  return unwatch;

  function unwatch(): void {
    own.end();
    if (notice !== undefined) notice.cancelled = true;
    forget();
  }

  function forget(): void {
    if (life.watches.get(key) === unwatch) life.watches.delete(key);
  }
}

function timer(core: Core, cell: Cell, life: Life, milliseconds: number, message: Message): () => void {
  let notice: Notice | undefined;
  const stopClock = core.clock.after(milliseconds, () => {
    notice = new Notice(() => message);
    notice.taken = () => void life.timers.delete(cancel);
    notify(cell, notice);
  });
  life.timers.add(cancel);
  return cancel;

  function cancel(): void {
    stopClock();
    if (notice !== undefined) notice.cancelled = true;
    life.timers.delete(cancel);
  }
}
