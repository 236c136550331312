/** What happens, as the screen shows it: filtered, scrolled, the latest at the bottom. Pure. */
import { hueOf, type Line, rule, span, type Tone } from "./line.ts";
import type { Happened } from "./look.ts";
import { timeOfDay } from "./numbers.ts";
import { titleOf } from "./panels.ts";
import type { Known } from "./state.ts";
import { fit, wrap } from "./text.ts";
import type { View } from "./view.ts";

/** Columns of a device's name. */
const NAME = 10;

/** Events that the view's filter lets through, the oldest first. */
export function eventsShown({ events, ticks }: Known, { filter, closer }: View): readonly Happened[] {
  const wanted = filter.toLowerCase();
  const all = closer === undefined
    ? events
    : closer.path !== undefined
    ? ticks
    : [...events, ...ticks].toSorted((a, b) => a.at - b.at);
  if (wanted === "") return all;
  return all.filter(({ name, type, text, path = "" }) =>
    `${name} ${type} ${path} ${text}`.toLowerCase().includes(wanted)
  );
}

/** The panel in so many lines, its title among them. */
export function eventsPanel(known: Known, view: View, columns: number, lines: number): Line[] {
  const { filter, closer, back, panel } = view;
  const all = eventsShown(known, view);
  const room = Math.max(0, lines - 1);
  const until = Math.max(Math.min(room, all.length), all.length - back);
  const shown = all.slice(Math.max(0, until - room), until);
  const name = closer?.path === undefined
    ? "events"
    : `events: messages of ${closer.path} on ${closer.name} (Esc: all)`;
  const notes = [
    ...(known.missed > 0 ? [`${known.missed} missed`] : []),
    ...(closer !== undefined && closer.path === undefined ? [`ticks of ${closer.name}`] : []),
    ...(filter === "" ? [] : [`filter: ${filter}`]),
    ...(back > 0 ? [`${all.length - until} later ones below, f follows`] : []),
  ];
  const lineOf = (event: Happened) => eventLine(event, columns, hueOf(known.seen, event.device));
  const none: Line[] = [[span(filter === "" ? "  nothing yet" : "  nothing that the filter lets through", "faint")]];
  return [rule(titleOf(name, panel), notes.join(", "), columns), ...(all.length === 0 ? none : shown.map(lineOf))];
}

function eventLine({ at, name, type, text, path, times = 1 }: Happened, columns: number, hue: Tone): Line {
  const about = path === undefined ? text : `${path}  ${text}`;
  const often = times > 1 ? ` (${times} times)` : "";
  const [first = ""] = wrap(about, Math.max(20, columns * 4));
  return [
    span(`${timeOfDay(at)} `, "faint"),
    { text: `${fit(span(name).text, NAME)} `, tone: hue },
    span(`${first}${often}`, toneOf(type, text)),
  ];
}

function toneOf(type: string, text: string): Tone {
  if (type === "warning" || type === "crashed" || type === "dropped") return "bad";
  if (type === "waiting" || / is gone/.test(text)) return "warn";
  if (type === "plan" || type === "leader" || type === "balance") return "accent";
  return type === "answer" || type === "told" || type === "handled" ? "faint" : "plain";
}
