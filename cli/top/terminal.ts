/** The terminal: taken over for a while, and left as it was, however that ends. */
import { cursorHide, cursorShow, enterAlternativeScreen, eraseScreen, exitAlternativeScreen } from "ansi-escapes";
import process from "node:process";
import { emitKeypressEvents } from "node:readline";
import type { Line } from "./line.ts";
import type { Size } from "./size.ts";
import { type Looks, paintLine, repaint } from "./paint.ts";

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
}

/** The screen of this process, until it is disposed of. */
export class Terminal implements Disposable {
  readonly #looks: Looks;
  readonly #onKey: (key: Key) => void;
  readonly #onResize: () => void;
  #painted: readonly string[] = [];
  #open = true;

  constructor(looks: Looks, on: { readonly key: (key: Key) => void; readonly resize: () => void }) {
    this.#looks = looks;
    this.#onKey = on.key;
    this.#onResize = on.resize;
    const { stdin, stdout } = process;
    stdout.write(`${enterAlternativeScreen}${cursorHide}${eraseScreen}`);
    // Whatever ends the process, an error that nobody caught among it: the screen is given back.
    process.on("exit", this.#restore);
    stdin.setRawMode?.(true);
    emitKeypressEvents(stdin);
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

  readonly #pressed = (text: string | undefined, { name, sequence, ctrl, shift }: Keypress): void => {
    const typed = text ?? "";
    this.#onKey({ name: name ?? typed ?? sequence, text: typed, ctrl: ctrl === true, shift: shift === true });
  };

  readonly #resized = (): void => {
    // What a terminal makes of its old lines when it changes its size is its own affair.
    this.#painted = [];
    process.stdout.write(eraseScreen);
    this.#onResize();
  };
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
