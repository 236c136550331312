/** What an actor asks the system to tell it later: of an actor's end, of a device's loss, of a time. */
import type { DeviceLost, Offer, Terminated } from "./behaviour.ts";
import { type Cell, type Life, Notice } from "./cell.ts";
import { type Core, type Reception, watch } from "./core.ts";
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

/** Tells the actor of each actor of a kind that another device offers. Returns the end of it. Throws if the kind is taken. */
export function receiveActors(
  core: Core,
  cell: Cell,
  life: Life,
  kind: string,
  toMessage: (offer: Offer<Message>) => Message,
): () => void {
  if (core.receptions.has(kind)) throw new Error(`${cell.path} cannot receive "${kind}": an actor here does already`);
  const reception: Reception = {
    cell,
    life,
    offer: (offer) => notify(cell, new Notice(() => toMessage(offer))),
  };
  core.receptions.set(kind, reception);
  life.receptions.set(kind, close);
  return close;

  function close(): void {
    if (core.receptions.get(kind) === reception) core.receptions.delete(kind);
    life.receptions.delete(kind);
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
