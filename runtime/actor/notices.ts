/** What an actor asks the system to tell it later: of an actor's end, of a device's loss, of a time. */
import type { DeviceLost, Terminated } from "./behaviour.ts";
import { type Cell, type Life, Notice } from "./cell.ts";
import { type Core, watch } from "./core.ts";
import { notify } from "./home.ts";
import { type DeviceId, type Message, type Ref, refKey } from "./ref.ts";
import { Watch } from "./watch.ts";

/** Tells the actor once when `ref` is no more. Returns the end of watching. */
export function watchActor(
  core: Core,
  cell: Cell,
  life: Life,
  ref: Ref<never>,
  toMessage: (terminated: Terminated) => Message,
): () => void {
  return wish(cell, life.watches, refKey(ref), (tell) => {
    const own = new Watch(ref, (terminated) => tell(() => toMessage(terminated)));
    watch(core, own, cell.ref.channel);
    return () => own.end();
  });
}

/** Tells the actor once when the connection to a device is lost, at once if there is none. Returns the end of watching. */
export function watchDevice(
  core: Core,
  cell: Cell,
  life: Life,
  device: DeviceId,
  toMessage: (lost: DeviceLost) => Message,
): () => void {
  if (device === core.device) return () => {};
  return wish(
    cell,
    life.deviceWatches,
    device,
    (tell) => core.far.watchDevice(device, (detail) => tell(() => toMessage({ device, detail }))),
  );
}

/**
 * Keeps a wish to be told once, of which a life has at most one a key. `begin` is given the way to tell, which it may take
 * before it returns, and returns how to end what it began. The wish lives until the message's turn.
 */
function wish<K>(
  cell: Cell,
  wishes: Map<K, () => void>,
  key: K,
  begin: (tell: (make: () => Message) => void) => () => void,
): () => void {
  const existing = wishes.get(key);
  if (existing !== undefined) return existing;
  let notice: Notice | undefined;
  wishes.set(key, cancel);
  const end = begin((make) => {
    notice = new Notice(make);
    notice.taken = forget;
    notify(cell, notice);
  });
  return cancel;

  function cancel(): void {
    end();
    if (notice !== undefined) notice.cancelled = true;
    forget();
  }

  function forget(): void {
    if (wishes.get(key) === cancel) wishes.delete(key);
  }
}

/** Tells the actor `message` after so many milliseconds. Returns the way to cancel that. */
export function startTimer(core: Core, cell: Cell, life: Life, milliseconds: number, message: Message): () => void {
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
