/**
 * Markdown as it streams, for terminals: headings and `**bold**` in bold, code in colour, fences as they are. It only ever
 * holds back characters whose meaning the next one decides. What it does not know it passes on.
 */

const ESCAPE = "\x1b[";
const BOLD = `${ESCAPE}1m`;
const NOT_BOLD = `${ESCAPE}22m`;
const CODE = `${ESCAPE}36m`;
const NOT_CODE = `${ESCAPE}39m`;

/** Styles a text piece by piece. */
export class MarkdownStyler {
  /** Marks that wait for what follows them. */
  #held = "";
  #lineStart = true;
  #bold = false;
  #code = false;
  #fence = false;
  #heading = false;

  /** Returns what can be shown now. */
  push(text: string): string {
    let out = "";
    for (const character of text) out += this.#take(character);
    return out;
  }

  /** Returns what is left, and ends all styles. */
  end(): string {
    const rest = this.#release("");
    const styles = `${this.#bold || this.#heading ? NOT_BOLD : ""}${this.#code || this.#fence ? NOT_CODE : ""}`;
    [this.#bold, this.#code, this.#fence, this.#heading, this.#lineStart] = [false, false, false, false, true];
    return rest + styles;
  }

  #take(character: string): string {
    const isMark = character === "*" || character === "`" || (character === "#" && this.#lineStart && !this.#fence);
    const goesOn = this.#held === "" || this.#held.startsWith(character);
    if (isMark && goesOn && this.#held.length < 6) {
      this.#held += character;
      return "";
    }
    const before = this.#release(character);
    if (isMark) {
      this.#held = character;
      return before;
    }
    return before + this.#plain(character);
  }

  #plain(character: string): string {
    if (character !== "\n") {
      this.#lineStart &&= character === " ";
      return character;
    }
    const ended = this.#heading ? NOT_BOLD : "";
    this.#heading = false;
    this.#lineStart = true;
    return ended + character;
  }

  /** Decides what the marks held back mean, now that the character behind them is known. */
  #release(next: string): string {
    const held = this.#held;
    this.#held = "";
    if (held === "") return "";
    const atStart = this.#lineStart;
    this.#lineStart = false;
    if (held.startsWith("`")) return this.#backticks(held, atStart);
    if (this.#code || this.#fence) return held;
    if (held === "**" && (this.#bold || /\S/.test(next))) {
      this.#bold = !this.#bold;
      return this.#bold ? BOLD : NOT_BOLD;
    }
    if (held.startsWith("#") && next === " ") {
      this.#heading = true;
      return `${BOLD}${held}`;
    }
    return held;
  }

  #backticks(held: string, atStart: boolean): string {
    if (held.length >= 3 && atStart) {
      this.#fence = !this.#fence;
      return this.#fence ? `${CODE}${held}` : `${held}${NOT_CODE}`;
    }
    if (this.#fence || held.length > 1) return held;
    this.#code = !this.#code;
    return this.#code ? CODE : NOT_CODE;
  }
}
