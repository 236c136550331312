/** The messages that a person types or pastes, or that a program pipes in. */
import process from "node:process";
import { createInterface, type Interface } from "node:readline";

/** Lines that come closer together than this were pasted: no hand is so fast. */
const PASTE_MILLISECONDS = 20;
const QUOTES = '"""';

/** A terminal, or a pipe, to talk through. */
export class ChatInput implements Disposable {
  readonly #terminal = process.stdin.isTTY === true;
  readonly #readline: Interface;
  readonly #lines: string[] = [];
  readonly #interrupts = new Set<() => void>();
  #over = false;
  #wake = () => {};

  constructor() {
    this.#readline = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: this.#terminal,
      historySize: 1000,
      prompt: "> ",
    });
    this.#readline.on("line", (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    this.#readline.on("close", () => {
      this.#over = true;
      this.#wake();
    });
    this.#readline.on("SIGINT", () => this.#interrupted());
  }

  /** The next message; nothing where there will be none. On a terminal it shows that it waits. */
  async next(): Promise<string | undefined> {
    if (this.#terminal && !this.#over) this.#readline.prompt();
    const first = await this.#line();
    if (first === undefined) return undefined;
    if (first.trim().startsWith(QUOTES)) return await this.#quoted(first);
    // Pipes are read a line at a time: each is a message.
    return this.#terminal ? await this.#pasted(first) : first;
  }

  /** Calls `stop` on Ctrl-C until the returned function is called. */
  onInterrupt(stop: () => void): () => void {
    this.#interrupts.add(stop);
    return () => void this.#interrupts.delete(stop);
  }

  [Symbol.dispose](): void {
    this.#readline.close();
  }

  /** What follows at once belongs to it. */
  async #pasted(first: string): Promise<string> {
    const parts = [first];
    for (;;) {
      const more = await this.#line(PASTE_MILLISECONDS);
      if (more === undefined) return parts.join("\n");
      parts.push(more);
    }
  }

  /** Goes on to the closing quotes. */
  async #quoted(first: string): Promise<string> {
    let text = first.trim().slice(QUOTES.length);
    while (!text.trimEnd().endsWith(QUOTES)) {
      const more = await this.#line();
      if (more === undefined) return text;
      text += `\n${more}`;
    }
    return text.trimEnd().slice(0, -QUOTES.length);
  }

  /** A line, waited for until there is one, or for so long. */
  async #line(milliseconds?: number): Promise<string | undefined> {
    if (this.#lines.length === 0 && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (milliseconds !== undefined) setTimeout(resolve, milliseconds);
      });
    }
    return this.#lines.shift();
  }

  #interrupted(): void {
    for (const stop of this.#interrupts) stop();
    // Ctrl-C at an empty prompt is a habit, not a wish to lose the conversation.
    if (this.#interrupts.size > 0) return;
    process.stdout.write("\n(Ctrl-D leaves)\n");
    this.#readline.prompt();
  }
}
