/** What takes the place of the panels while a person asks something of the mesh. Pure. */
import type { Size } from "./size.ts";
import { type Line, lineOf, rule, span } from "./line.ts";
import type { Known } from "./state.ts";
import { partsOf, sameParts } from "./parts.ts";
import { fit, widthOf, wrap } from "./text.ts";
import type { Part } from "./parts.ts";
import type { Mode, Said, Shown } from "./view.ts";

const HELP: readonly (readonly [string, string])[] = [
  ["Tab, Shift-Tab", "the next panel, the one before; the marked one has the keys"],
  ["↑ ↓  j k", "choose a row, or scroll the events; PgUp PgDn, g G farther"],
  ["Enter", "of a device: its actors; of an actor: its messages (Esc: back)"],
  ["w", "what if the chosen device left?"],
  ["p", "borders: move them, see what it would do, pin; or automatic"],
  ["i", "an invite that lets another device in"],
  ["a", "ask the model something"],
  ["/", "show only the events that have a word in them"],
  ["s", "sort the devices, or the actors, by something else"],
  ["t", "among the events, what actors of the chosen device do"],
  ["f  space  m", "follow the events; pause, asking nothing; the next model"],
  ["q  Ctrl-C", "leave"],
  ["", ""],
  ["▲ 24 ms", "a token on that device, over the last 10 s; ~: predicted"],
  ["──2.1 ms──▶", "half of the measured round trip"],
  ["CPU", "of all the machine's cores, what the daemon computes on"],
];

/** The lines of a mode; none where the panels are shown. */
export function dialogLines(known: Known, mode: Mode, shown: Shown, { columns, rows }: Size): Line[] {
  switch (mode.type) {
    case "browse":
    case "filter":
      return [];
    case "help":
      return [rule("keys", "Esc back", columns, "accent"), ...HELP.map(([key, text]) => helpLine(key, text))];
    case "what-if": {
      const title = `what if ${mode.name} left?`;
      return [rule(title, "Esc back", columns, "accent"), ...saidLines(mode.said, columns).slice(mode.scroll)];
    }
    case "borders":
      return borderLines(mode, shown, columns);
    case "invite":
      return inviteLines(mode.said, columns, rows);
    case "ask":
      return askLines(known, mode, columns);
    default:
      return mode satisfies never;
  }
}

function helpLine(key: string, text: string): Line {
  return lineOf(span(`  ${fit(key, 15)} `, "strong"), text);
}

function saidLines(said: Said, columns: number): Line[] {
  switch (said.type) {
    case "nothing":
      return [];
    case "asking":
      return [[span("  the leader thinks …", "faint")]];
    case "said":
      return textLines(said.text, columns);
    case "failed":
      return wrap(said.text, columns - 2).map((line) => [span("  "), span(line, "bad")]);
    default:
      return said satisfies never;
  }
}

/** Lines of a text as they are, where they have room; else broken. */
function textLines(text: string, columns: number): Line[] {
  const lines = text.replace(/\n$/, "").split("\n");
  const broken = lines.flatMap((line) => widthOf(line) <= columns - 2 ? [line] : wrap(line, columns - 2));
  return broken.map((line) => [span(`  ${line}`)]);
}

function borderLines({ parts, at, said }: Extract<Mode, { type: "borders" }>, { plan }: Shown, columns: number) {
  const standing = plan === undefined ? [] : partsOf(plan);
  const name = Math.min(24, Math.max(8, ...parts.map(({ name }) => widthOf(name))));
  const total = Math.max(1, parts.reduce((sum, { blocks }) => sum + blocks, 0));
  const room = Math.max(10, columns - name - 32);
  const rows = parts.map((part, place): Line => {
    const first = blocksBefore(parts, place);
    const last = first + part.blocks - 1;
    const before = standing[place];
    const change = before === undefined ? 0 : part.blocks - before.blocks;
    const signed = change === 0 ? "" : change > 0 ? `+${change}` : `${change}`;
    // The border that the keys move is the one above the marked device.
    return [
      span(place === at ? "▸ " : "  ", "accent"),
      span(`${fit(part.name, name)} `, place === at || place === at - 1 ? "strong" : "plain"),
      span(fit(first === last ? `${first}` : `${first}-${last}`, 9)),
      span(fit(signed, 5), "warn"),
      span(
        `${" ".repeat(Math.round(first / total * room))}${
          "█".repeat(Math.max(1, Math.round(part.blocks / total * room)))
        }`,
        "accent",
      ),
    ];
  });
  const moved = !sameParts(parts, standing);
  const border = `the border between ${parts[at - 1]?.name ?? ""} and ${parts[at]?.name ?? ""}: block ${
    blocksBefore(parts, at)
  }`;
  const keys = "←→ move   ↑↓ another border   " + (moved ? "Enter pin   u undo   " : "") +
    (plan?.planner === "pinned" ? "b back to automatic   " : "") + "Esc back";
  return [
    rule("borders", "", columns, "accent"),
    ...rows,
    [span(`  ${border}`, "faint")],
    [],
    ...saidLines(said, columns),
    [],
    ...wrap(keys, columns - 2).map((line): Line => [span(`  ${line}`, "strong")]),
  ];
}

function blocksBefore(parts: readonly Part[], at: number): number {
  return parts.slice(0, at).reduce((sum, { blocks }) => sum + blocks, 0);
}

function inviteLines(said: Said, columns: number, rows: number): Line[] {
  const begin = rule("invite", "Esc back", columns, "accent");
  const lines = saidLines(said, columns);
  // Half a QR code is none. The head of the screen, the line above and the keys below have their rows too.
  if (lines.length > rows - 3) {
    return [begin, ...lines.filter(isText), [span("  The window is too small for its QR code.", "faint")]];
  }
  if (said.type !== "nothing") return [begin, ...lines];
  const question = "An invite lets one other device into the mesh, for an hour; whoever has it first is a member. " +
    "Enter shows it, as text and as a QR code: mind who sees this screen.";
  return [begin, ...wrap(question, columns - 2).map((line): Line => [span(`  ${line}`)])];
}

function isText(line: Line): boolean {
  return !line.some(({ text }) => /[█▀▄]/.test(text));
}

function askLines({ look }: Known, { said }: Extract<Mode, { type: "ask" }>, columns: number): Line[] {
  const name = look?.inspection.state.type === "active" ? look.inspection.state.plan.model.name : "the model";
  return [
    rule(`ask ${name}`, said.type === "nothing" ? "Enter asks, Esc back" : "Esc back", columns, "accent"),
    ...(said.type === "asking" ? [lineOf(span("  …", "faint"))] : saidLines(said, columns)),
  ];
}
