/** What was said in a chat, and what of it is sent. */

export interface Message {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** A conversation that grows by a message and its answer at a time. */
export class Conversation {
  /** How the model is to answer; nothing where it is empty. */
  system: string;
  readonly #messages: Message[] = [];
  /** Messages from the beginning that are not sent any more. */
  #forgotten = 0;
  /** Texts of files for the next message. */
  #files: string[] = [];

  constructor(system = "") {
    this.system = system;
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** Puts a file's text with the next message. */
  attach(text: string): void {
    this.#files.push(text);
  }

  /** A message, with the files that were attached to it. */
  say(text: string): void {
    this.#messages.push({ role: "user", content: [text, ...this.#files].join("\n\n") });
    this.#files = [];
  }

  /** An answer; also one that was stopped, as far as it came. An empty one takes its message back. */
  answer(text: string): void {
    if (text.trim() === "") this.#messages.pop();
    else this.#messages.push({ role: "assistant", content: text });
  }

  /** Takes the last answer back, so that its message can be answered anew. Returns whether there was one. */
  again(): boolean {
    if (this.#messages.at(-1)?.role !== "assistant") return false;
    this.#messages.pop();
    return true;
  }

  clear(): void {
    this.#messages.length = 0;
    this.#forgotten = 0;
    this.#files = [];
  }

  /** Leaves out the oldest message that is still sent, with its answer. Returns whether there was one to spare. */
  forget(): boolean {
    if (this.#messages.length - this.#forgotten <= 2) return false;
    this.#forgotten += 2;
    return true;
  }

  /** What is sent. */
  sent(): readonly { readonly role: string; readonly content: string }[] {
    const instructions = this.system === "" ? [] : [{ role: "system", content: this.system }];
    return [...instructions, ...this.#messages.slice(this.#forgotten)];
  }

  /** The conversation as Markdown. */
  transcript(): string {
    const parts = this.#messages.map(({ role, content }) => {
      return role === "user" ? content.split("\n").map((line) => `> ${line}`.trimEnd()).join("\n") : content;
    });
    return `${[...(this.system === "" ? [] : [`*${this.system}*`]), ...parts].join("\n\n")}\n`;
  }
}
