/** The terminal: taken over for a while, and left as it was, however that ends. */
import { cursorHide, cursorShow, enterAlternativeScreen, eraseScreen, exitAlternativeScreen } from "ansi-escapes";
import process from "node:process";
import { emitKeypressEvents, type Interface } from "node:readline";
import type { Line } from "./line.ts";
import type { Size } from "./size.ts";
import { type Looks, paintLine, repaint } from "./paint.ts";

/** Over a slow line the letters of an arrow key come apart by less. */
const ESCAPE_MILLISECONDS = 80;

/** A key as it was pressed: its name ("up", "q", "return"), or what was typed. */
export interface Key {
  readonly name: string;
  readonly text: string;
  readonly ctrl: boolean;
  readonly shift: boolean;
}

/** A keypress as `node:readline` tells it. */
interface Keypress {
  readonly name?: string;
  readonly sequence?: string;
  readonly ctrl?: boolean;
  readonly shift?: boolean;
  readonly meta?: boolean;
}

/** What a terminal tells. */
export interface TerminalEvents {
  readonly key: (key: Key) => void;
  readonly resize: () => void;
  /** An error that nobody caught: whoever drew is to leave. */
  readonly error: (error: unknown) => void;
}

const UNCAUGHT = ["uncaughtException", "unhandledRejection"] as const;

/** The screen of this process, until it is disposed of. */
export class Terminal implements Disposable {
  readonly #looks: Looks;
  readonly #onKey: (key: Key) => void;
  readonly #onResize: () => void;
  readonly #onError: (error: unknown) => void;
  #painted: readonly string[] = [];
  #open = true;

  constructor(looks: Looks, on: TerminalEvents) {
    this.#looks = looks;
    this.#onKey = on.key;
    this.#onResize = on.resize;
    this.#onError = on.error;
    const { stdin, stdout } = process;
    stdout.write(`${enterAlternativeScreen}${cursorHide}${eraseScreen}`);
    // Whatever ends the process, the screen is given back; Deno ends at an error that nobody caught without a word to "exit".
    process.on("exit", this.#restore);
    for (const uncaught of UNCAUGHT) process.on(uncaught, this.#onError);
    stdin.setRawMode?.(true);
    // Of an interface it reads this alone: how long Escape waits for what would make another key of it.
    emitKeypressEvents(stdin, { escapeCodeTimeout: ESCAPE_MILLISECONDS } as unknown as Interface);
    stdin.on("keypress", this.#pressed);
    stdin.resume();
    stdout.on("resize", this.#resized);
  }

  size(): Size {
    const { columns = 80, rows = 24 } = process.stdout;
    return { columns, rows };
  }

  /** Shows lines, which fill the screen. */
  show(lines: readonly Line[]): void {
    if (!this.#open) return;
    const painted = lines.map((line) => paintLine(line, this.#looks));
    const text = repaint(this.#painted, painted);
    this.#painted = painted;
    if (text !== "") process.stdout.write(text);
  }

  [Symbol.dispose](): void {
    this.#restore();
    process.off("exit", this.#restore);
    for (const uncaught of UNCAUGHT) process.off(uncaught, this.#onError);
    process.stdin.off("keypress", this.#pressed);
    process.stdout.off("resize", this.#resized);
    process.stdin.pause();
  }

  readonly #restore = (): void => {
    if (!this.#open) return;
    this.#open = false;
    process.stdin.setRawMode?.(false);
    process.stdout.write(`${cursorShow}${exitAlternativeScreen}`);
  };

  readonly #pressed = (text: string | undefined, keypress: Keypress): void => {
    for (const key of keysOf(text, keypress)) this.#onKey(key);
  };

  readonly #resized = (): void => {
    // What a terminal makes of its old lines when it changes its size is its own affair.
    this.#painted = [];
    process.stdout.write(eraseScreen);
    this.#onResize();
  };
}

/** The keys that a keypress stands for: two where Escape was followed so fast that both were taken for one with Alt. */
export function keysOf(text: string | undefined, { name, sequence = "", ctrl, shift, meta }: Keypress): readonly Key[] {
  const typed = meta === true ? sequence.slice(1) : text ?? "";
  const key = { name: name ?? typed, text: typed, ctrl: ctrl === true, shift: shift === true };
  if (meta !== true || name === "escape") return [name === "escape" ? { ...key, text: "" } : key];
  return [{ name: "escape", text: "", ctrl: false, shift: false }, key];
}

/** What the terminal of this process can do, by what its environment says. */
export function looksOf(
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
): Looks {
  const { NO_COLOR, TERM, LC_ALL, LC_CTYPE, LANG } = env;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== "") ?? "";
  return {
    colours: (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb",
    unicode: platform === "win32" || /utf-?8/i.test(locale),
  };
}
