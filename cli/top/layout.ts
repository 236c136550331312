/** The screen: what is known, as lines in just so many columns and rows. Pure. */
import { dialogLines } from "./dialogs.ts";
import { eventsPanel, eventsShown } from "./events-panel.ts";
import { headLine, pathLines } from "./head.ts";
import { ends, fitLine, type Line, rule, span } from "./line.ts";
import { actorsPanel, answersPanel, devicesPanel } from "./panels.ts";
import type { Size } from "./size.ts";
import type { Known } from "./state.ts";
import { wrap } from "./text.ts";
import { type Shown, shownOf, type View } from "./view.ts";

/** From so many rows on there is room for all panels. */
const TALL = 30;
/** A terminal that is smaller shows what there is room for, and says so. */
const [NARROWEST, SHORTEST] = [40, 10];

const KEYS = [
  "? keys",
  "Tab panel",
  "↑↓ choose",
  "Enter look closer",
  "w what if",
  "p borders",
  "/ filter",
  "s sort",
  "a ask",
];
const MORE_KEYS = ["i invite", "t ticks", "f follow", "space pause", "m model"];

/** Just `rows` lines of just `columns` columns. */
export function layout(known: Known, view: View, { columns, rows }: Size): readonly Line[] {
  const shown = shownOf(known, view);
  const lines = columns < NARROWEST || rows < SHORTEST
    ? [[span(`skein top needs ${NARROWEST} x ${SHORTEST}`, "warn")]]
    : screen(known, view, shown, { columns, rows });
  const padded = Array.from({ length: rows }, (_, row) => lines[row] ?? []);
  return padded.map((line) => fitLine(line, columns));
}

function screen(known: Known, view: View, shown: Shown, { columns, rows }: Size): Line[] {
  const foot = footLine(view, columns);
  const head = [headLine(known, view, shown, columns), ...lostLines(known, columns)];
  const dialog = dialogLines(known, view.mode, shown, { columns, rows });
  const way = [...pathLines(known, shown, columns)];
  if (rows >= TALL) way.unshift(rule("", "", columns));
  const room = rows - head.length - way.length - 1;
  const most = dialog.length === 0 ? Math.max(2, Math.floor(room / (rows >= TALL ? 4 : 3))) : room - dialog.length;
  const devices = devicesPanel(view, shown, columns, Math.min(1 + shown.devices.length, most));
  const top = [...head, ...way, ...devices];
  if (dialog.length > 0) {
    // What a dialog says comes before what it hides.
    const kept = top.slice(0, Math.max(1, rows - 1 - dialog.length));
    return [...filled([...kept, ...dialog], rows - 1), foot];
  }
  return [
    ...filled([...top, ...panels(known, view, shown, columns, rows - 1 - top.length, rows >= TALL)], rows - 1),
    foot,
  ];
}

/** The panels below the devices in so many lines: all of them, or where there is no room the one that is looked at, and the events. */
function panels(known: Known, view: View, shown: Shown, columns: number, lines: number, tall: boolean): Line[] {
  const { panel, closer } = view;
  const answers = tall || panel === "answers" ? 2 + Math.max(1, shown.answers.length) : 0;
  const actors = tall || panel === "actors" ? 2 + Math.max(1, shown.actors.length) : 0;
  const events = 1 + eventsShown(known, view).length;
  // Whoever looks at one actor's messages wants to see them.
  const least = Math.max(4, Math.floor(lines / (closer?.path === undefined && panel !== "events" ? 3 : 1.7)));
  const [forAnswers = 0, forActors = 0] = shares(lines - Math.min(closer?.path === undefined ? events : least, least), [
    { wants: answers, weight: panel === "answers" ? 3 : 1 },
    { wants: actors, weight: panel === "actors" ? 3 : 1.5 },
  ]);
  return [
    ...(answers === 0 ? [] : answersPanel(view, shown, columns, forAnswers)),
    ...(actors === 0 ? [] : actorsPanel(view, shown, columns, forActors)),
    ...eventsPanel(known, view, columns, lines - forAnswers - forActors),
  ];
}

/** Divides lines by weight; what one does not want the others have. */
export function shares(
  lines: number,
  wishes: readonly { readonly wants: number; readonly weight: number }[],
): number[] {
  const given = wishes.map(() => 0);
  for (let rest = Math.max(0, lines); rest > 0; rest--) {
    let [best, least] = [-1, Infinity];
    for (const [place, { wants, weight }] of wishes.entries()) {
      const had = given[place] ?? 0;
      if (had < wants && had / weight < least) [best, least] = [place, had / weight];
    }
    if (best < 0) break;
    given[best] = (given[best] ?? 0) + 1;
  }
  return given;
}

function lostLines({ link, look }: Known, columns: number): Line[] {
  if (link.type !== "lost") return [];
  const then = look === undefined ? "" : " Shown is what was known before.";
  return wrap(`${link.reason}${then} It is asked again every second.`, columns - 2)
    .map((line): Line => [span(" "), span(line, "bad")]);
}

function footLine({ mode, filter }: View, columns: number): Line {
  switch (mode.type) {
    case "filter":
      return [span(" filter: ", "accent"), span(mode.text), span("█", "faint"), span("  Enter, Esc", "faint")];
    case "ask":
      return mode.said.type === "nothing"
        ? [span(" ask: ", "accent"), span(mode.prompt), span("█", "faint")]
        : [span(" Esc back", "faint")];
    default: {
      const keys = [...KEYS, ...MORE_KEYS];
      let text = "";
      for (const key of keys) if (text.length + key.length + 10 < columns) text += ` ${key} `;
      return ends([span(text, "faint")], [span(filter === "" ? "q quit " : "q quit ", "faint")], columns);
    }
  }
}

function filled(lines: readonly Line[], rows: number): Line[] {
  return Array.from({ length: rows }, (_, row) => lines[row] ?? []);
}

/** The text of lines, without colours. */
export function textOf(lines: readonly Line[]): string[] {
  return lines.map((line) => line.map(({ text }) => text).join(""));
}
