/** What a key does to what is seen, and what it asks of the mesh. Pure. */
import { eventsShown } from "./events-panel.ts";
import type { Known } from "./state.ts";
import { partsOf } from "./parts.ts";
import { pressIn } from "./dialog-keys.ts";
import { ACTOR_ORDERS, DEVICE_ORDERS, PANELS, type Shown, shownOf, type View } from "./view.ts";
import type { Key } from "./terminal.ts";
import type { Pressed } from "./wish.ts";

/** Rows that PgUp and PgDn go. */
const PAGE = 10;

/** What a key does. */
export function press(known: Known, view: View, key: Key): Pressed {
  if (key.ctrl && (key.name === "c" || key.name === "d")) return { view, wish: { type: "quit" } };
  const shown = shownOf(known, view);
  return view.mode.type === "browse" ? browse(known, view, shown, key) : pressIn(view, shown, key);
}

function browse(known: Known, view: View, shown: Shown, { name, text, shift }: Key): Pressed {
  switch (name) {
    case "q":
      return { view, wish: { type: "quit" } };
    case "tab": {
      const place = PANELS.indexOf(view.panel) + (shift ? PANELS.length - 1 : 1);
      return { view: { ...view, panel: PANELS[place % PANELS.length] ?? "devices" } };
    }
    case "up":
    case "k":
      return { view: moved(known, view, shown, -1) };
    case "down":
    case "j":
      return { view: moved(known, view, shown, 1) };
    case "pageup":
      return { view: moved(known, view, shown, -PAGE) };
    case "pagedown":
      return { view: moved(known, view, shown, PAGE) };
    case "home":
      return { view: moved(known, view, shown, -Infinity) };
    case "end":
      return { view: moved(known, view, shown, Infinity) };
    case "g":
      return { view: moved(known, view, shown, shift ? Infinity : -Infinity) };
    case "return":
    case "enter":
      return closer(view, shown);
    case "escape":
      return { view: { ...view, closer: undefined, filter: "", back: 0 } };
    default:
      return command(view, shown, text);
  }
}

function command(view: View, shown: Shown, text: string): Pressed {
  const { plan, device } = shown;
  switch (text) {
    case "?":
    case "h":
      return { view: { ...view, mode: { type: "help" } } };
    case "/":
      return { view: { ...view, mode: { type: "filter", text: view.filter } } };
    case "s":
      return { view: sorted(view) };
    case "f":
      return { view: { ...view, back: 0 } };
    case " ":
      return { view: { ...view, paused: !view.paused } };
    case "m":
      return { view: { ...view, model: shown.plans === 0 ? 0 : (view.model + 1) % shown.plans } };
    case "t":
      return { view: { ...view, closer: ticksOf(view, shown), back: 0 } };
    case "i":
      return { view: { ...view, mode: { type: "invite", said: { type: "nothing" } } } };
    case "a":
      return { view: { ...view, mode: { type: "ask", prompt: "", said: { type: "nothing" } } } };
    case "w": {
      if (device === undefined) return { view };
      const { device: id, name } = device;
      const mode = { type: "what-if", device: id, name, said: { type: "asking" }, scroll: 0 } as const;
      return { view: { ...view, mode }, wish: { type: "wonder", device: id, name } };
    }
    case "p": {
      if (plan === undefined) return { view };
      const parts = partsOf(plan);
      const said = parts.length < 2
        ? {
          type: "said",
          text: "One device runs all of the model: there is no border to move. skein plan --split makes one.",
        } as const
        : { type: "nothing" } as const;
      return { view: { ...view, mode: { type: "borders", parts, at: 1, said } } };
    }
    default:
      return { view };
  }
}

function ticksOf({ closer }: View, { device }: Shown): View["closer"] {
  if (closer !== undefined || device === undefined) return undefined;
  return { device: device.device, name: device.name };
}

function sorted(view: View): View {
  if (view.panel === "devices") {
    const place = DEVICE_ORDERS.indexOf(view.deviceOrder) + 1;
    return { ...view, deviceOrder: DEVICE_ORDERS[place % DEVICE_ORDERS.length] ?? "path" };
  }
  const place = ACTOR_ORDERS.indexOf(view.actorOrder) + 1;
  return { ...view, panel: "actors", actorOrder: ACTOR_ORDERS[place % ACTOR_ORDERS.length] ?? "tree" };
}

/** Chooses so many rows on in the panel that has the keys, or scrolls the events. */
function moved(known: Known, view: View, shown: Shown, by: number): View {
  switch (view.panel) {
    case "devices":
      return { ...view, device: onwards(shown.devices, shown.device, by)?.device, actor: undefined };
    case "answers":
      return { ...view, answer: onwards(shown.answers, shown.answer, by)?.id };
    case "actors":
      return { ...view, actor: onwards(shown.actors, shown.actor, by)?.path };
    case "events": {
      const most = Math.max(0, eventsShown(known, view).length - 1);
      return { ...view, back: Math.min(most, Math.max(0, view.back - by)) };
    }
    default:
      return view.panel satisfies never;
  }
}

function onwards<Row>(rows: readonly Row[], chosen: Row | undefined, by: number): Row | undefined {
  const at = chosen === undefined ? 0 : rows.indexOf(chosen);
  return rows[Math.min(rows.length - 1, Math.max(0, at + by))];
}

/** Enter: the actors of a device, the messages of an actor, the way of an answer. */
function closer(view: View, { device, actor, answer }: Shown): Pressed {
  switch (view.panel) {
    case "devices":
      return { view: { ...view, panel: "actors" } };
    case "actors": {
      if (device === undefined || actor === undefined) return { view };
      const closer = { device: device.device, name: device.name, path: actor.path };
      return { view: { ...view, closer, back: 0 } };
    }
    case "answers":
      return answer === undefined ? { view } : { view: { ...view, filter: answer.id.slice(0, 8), back: 0 } };
    case "events":
      return { view: { ...view, back: 0 } };
    default:
      return view.panel satisfies never;
  }
}
