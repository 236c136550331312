/** What a key does while a person asks something of the mesh, or types. Pure. */
import { moveBorder, partsOf, sameParts } from "./parts.ts";
import type { Mode, Shown, View } from "./view.ts";
import type { Key } from "./terminal.ts";
import type { Pressed } from "./wish.ts";

/** Letters of a filter or a prompt. */
const MOST_LETTERS = 2000;
/** Rows that PgUp and PgDn go. */
const PAGE = 10;

/** What a key does in a mode other than browsing. */
export function pressIn(view: View, shown: Shown, key: Key): Pressed {
  const { mode } = view;
  if (key.name === "escape") return { view: back(view), wish: { type: "drop" } };
  switch (mode.type) {
    case "browse":
      return { view };
    case "help":
      return { view: back(view) };
    case "filter":
      return filter(view, mode, key);
    case "what-if":
      return whatIf(view, mode, key);
    case "borders":
      return borders(view, mode, shown, key);
    case "invite":
      return invite(view, mode, key);
    case "ask":
      return ask(view, mode, key);
    default:
      return mode satisfies never;
  }
}

function back(view: View): View {
  return { ...view, mode: { type: "browse" } };
}

function isEnter({ name }: Key): boolean {
  return name === "return" || name === "enter";
}

/** A text after a key: a letter more, one less, or none. */
function typed(text: string, { name, text: letter, ctrl }: Key): string {
  if (name === "backspace") return [...text].slice(0, -1).join("");
  if (ctrl) return name === "u" ? "" : text;
  // deno-lint-ignore no-control-regex
  return /[\x00-\x1f\x7f]/.test(letter) ? text : (text + letter).slice(0, MOST_LETTERS);
}

function filter(view: View, mode: Extract<Mode, { type: "filter" }>, key: Key): Pressed {
  if (isEnter(key)) return { view: back(view) };
  const text = typed(mode.text, key);
  return { view: { ...view, filter: text, back: 0, mode: { ...mode, text } } };
}

function whatIf(view: View, mode: Extract<Mode, { type: "what-if" }>, { name }: Key): Pressed {
  const by = { up: -1, k: -1, down: 1, j: 1, pageup: -PAGE, pagedown: PAGE }[name];
  if (by === undefined) return name === "q" || name === "w" ? { view: back(view), wish: { type: "drop" } } : { view };
  const lines = mode.said.type === "said" ? mode.said.text.split("\n").length : 0;
  return {
    view: { ...view, mode: { ...mode, scroll: Math.min(Math.max(0, mode.scroll + by), Math.max(0, lines - 1)) } },
  };
}

function borders(view: View, mode: Extract<Mode, { type: "borders" }>, { plan }: Shown, key: Key): Pressed {
  const { parts, at } = mode;
  const standing = plan === undefined ? [] : partsOf(plan);
  const move = (by: number): Pressed => {
    const next = moveBorder(parts, at, by);
    if (sameParts(next, parts)) return { view };
    const asked = { ...mode, parts: next, said: { type: "asking" } } as const;
    return { view: { ...view, mode: asked }, wish: { type: "study", parts: next } };
  };
  const choose = (next: number): Pressed => {
    return { view: { ...view, mode: { ...mode, at: Math.min(Math.max(1, next), Math.max(1, parts.length - 1)) } } };
  };
  switch (isEnter(key) ? "return" : key.name) {
    case "left":
      return move(-1);
    case "right":
      return move(1);
    case "up":
      return choose(at - 1);
    case "down":
    case "tab":
      return choose(key.name === "tab" && at === parts.length - 1 ? 1 : at + 1);
    case "u":
      return {
        view: { ...view, mode: { ...mode, parts: standing, said: { type: "nothing" } } },
        wish: { type: "drop" },
      };
    case "return":
      if (sameParts(parts, standing)) return { view };
      return { view: { ...view, mode: { ...mode, said: { type: "asking" } } }, wish: { type: "pin", parts } };
    case "b":
      if (plan?.planner !== "pinned") return { view };
      return { view: { ...view, mode: { ...mode, said: { type: "asking" } } }, wish: { type: "pin", parts: null } };
    case "q":
    case "p":
      return { view: back(view), wish: { type: "drop" } };
    default:
      return { view };
  }
}

function invite(view: View, mode: Extract<Mode, { type: "invite" }>, key: Key): Pressed {
  if (mode.said.type === "nothing" && isEnter(key)) {
    return { view: { ...view, mode: { ...mode, said: { type: "asking" } } }, wish: { type: "invite" } };
  }
  return key.name === "q" || key.name === "i" ? { view: back(view), wish: { type: "drop" } } : { view };
}

function ask(view: View, mode: Extract<Mode, { type: "ask" }>, key: Key): Pressed {
  if (mode.said.type !== "nothing") {
    return key.name === "q" || isEnter(key) ? { view: back(view), wish: { type: "drop" } } : { view };
  }
  if (!isEnter(key)) return { view: { ...view, mode: { ...mode, prompt: typed(mode.prompt, key) } } };
  if (mode.prompt.trim() === "") return { view };
  return {
    view: { ...view, mode: { ...mode, said: { type: "asking" } } },
    wish: { type: "ask", prompt: mode.prompt },
  };
}
