/** A line on stderr that says how far something is: it overwrites itself on a terminal. */
import process from "node:process";

/** What is said there. */
export interface ProgressLine {
  /** Says something, unless it was said last. */
  say(text: string): void;
  /** Takes the line away. */
  end(): void;
}

/** Makes one. */
export function progressLine(): ProgressLine {
  const terminal = process.stderr.isTTY === true;
  let told = "";
  return {
    say(text) {
      if (text === told) return;
      process.stderr.write(terminal ? `\r\x1b[K${text}` : `${text}\n`);
      told = text;
    },
    end() {
      if (terminal && told !== "") process.stderr.write("\r\x1b[K");
      told = "";
    },
  };
}
