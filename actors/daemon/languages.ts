/** Texts are read on a thread of their own, one at a time, the shortest first: a long text delays no short one behind it. */
import { createTokenReader } from "../../models/text/mod.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { BlockStore } from "../../models/store/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import { startThread, type Thread } from "../../runtime/host/thread.ts";
import type { Language, Languages } from "../conversation/language.ts";
import { type Prompt, promptBytes, type PromptRead } from "../conversation/protocol.ts";
import type { Studied } from "../conversation/study.ts";
import type { StoredTokenizer, TextRequest, TextResponse } from "./text-messages.ts";

/** How long a text may wait and be read. The longest that travels takes a second on a laptop. */
export const READ_MILLISECONDS = 20_000;
/** How long a text may wait and be studied: the texts are short. It ends its thread where it takes longer. */
export const STUDY_MILLISECONDS = 5000;
/** How long a tokenizer may take: large ones are read in a second, and there are slow boards. */
export const LEARN_MILLISECONDS = 60_000;
/** Bytes of texts that wait; beyond them prompts are refused, rather than kept in memory without end. */
export const MAX_WAITING_BYTES = 16 * 1024 * 1024;

const BUSY: PromptRead = {
  type: "refused",
  code: "overloaded",
  message: "The device that reads prompts has too many long ones to read. Try again in a moment.",
};

/** What the languages of a device are made of. */
export interface ThreadLanguagesOptions {
  readonly store: Pick<BlockStore, "path">;
  readonly clock: Clock;
  /** Starts a module as a thread. Default: the platform's; tests have their own. */
  readonly begin?: typeof startThread;
}

/** What comes of asking. */
type Outcome = TextResponse | { readonly type: "late" };

/** A request that is not answered. */
interface Asked {
  readonly request: TextRequest;
  /** Of its text. */
  readonly bytes: number;
  resolve(outcome: Outcome): void;
}

/** Learns languages, and reads in them, on a thread that starts when it is first needed, and anew when it has ended. */
export class ThreadLanguages implements Languages, AsyncDisposable {
  readonly #options: ThreadLanguagesOptions;
  readonly #waiting = new Set<Asked>();
  #current: Asked | undefined;
  #thread: Thread | undefined;

  constructor(options: ThreadLanguagesOptions) {
    this.#options = options;
  }

  async learn({ tokenizer: blob, architecture }: Manifest): Promise<Language> {
    const tokenizer = { path: this.#options.store.path(blob), vocabulary: architecture.vocabulary };
    const outcome = await this.#ask({ type: "learn", tokenizer }, 0, LEARN_MILLISECONDS);
    if (outcome.type !== "learnt") throw new Error(`The model's tokenizer was not read: ${reasonOf(outcome)}.`);
    return {
      tokenizer: createTokenReader(outcome.table),
      read: (prompt, context) => this.#read(tokenizer, prompt, context),
      study: (prompt, context) => this.#study(tokenizer, prompt, context),
    };
  }

  /** Starts the thread, which takes some tenths of a second. */
  prepare(): void {
    this.#thread ??= this.#start();
  }

  async #read(tokenizer: StoredTokenizer, prompt: Prompt, context: number): Promise<PromptRead> {
    const bytes = promptBytes(prompt);
    const waiting = [...this.#waiting].reduce((sum, asked) => sum + asked.bytes, bytes);
    if (waiting > MAX_WAITING_BYTES) return BUSY;
    const outcome = await this.#ask({ type: "read", tokenizer, prompt, context }, bytes, READ_MILLISECONDS);
    if (outcome.type === "read") return outcome.read;
    if (outcome.type === "late") return BUSY;
    throw new Error(`The prompt was not read: ${reasonOf(outcome)}.`);
  }

  /** Whoever has a prompt studied is in a hurry: he does not wait behind others for long. */
  async #study(tokenizer: StoredTokenizer, prompt: Prompt, context: number): Promise<Studied> {
    const outcome = await this.#ask(
      { type: "study", tokenizer, prompt, context },
      promptBytes(prompt),
      STUDY_MILLISECONDS,
    );
    if (outcome.type === "studied") return outcome.studied;
    throw new Error(`The prompt was not studied: ${reasonOf(outcome)}.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const asked of this.#waiting) asked.resolve({ type: "failed", reason: "the daemon stops" });
    this.#waiting.clear();
    await this.#end("the daemon stops");
  }

  #ask(request: TextRequest, bytes: number, milliseconds: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const asked: Asked = { request, bytes, resolve: (outcome) => (cancel(), resolve(outcome)) };
      const cancel = this.#options.clock.after(milliseconds, () => this.#late(asked));
      this.#waiting.add(asked);
      this.#next();
    });
  }

  /** Nobody waits for it any more; where it is under way, only the end of its thread ends it. */
  #late(asked: Asked): void {
    asked.resolve({ type: "late" });
    if (asked === this.#current) return void this.#end("it took too long").then(() => this.#next());
    this.#waiting.delete(asked);
  }

  #next(): void {
    const [asked] = [...this.#waiting].sort((a, b) => a.bytes - b.bytes);
    if (this.#current !== undefined || asked === undefined) return;
    this.#waiting.delete(asked);
    this.#current = asked;
    this.#thread ??= this.#start();
    this.#thread.post(asked.request, []);
  }

  #start(): Thread {
    const { begin = startThread } = this.#options;
    const started: Thread = begin(new URL("./text-thread.ts", import.meta.url), {
      // A thread that was replaced may still speak.
      onMessage: (message) => started === this.#thread && this.#hear(message as TextResponse),
      onEnd: (reason) => started === this.#thread && void this.#end(reason).then(() => this.#next()),
    });
    return started;
  }

  #hear(response: TextResponse): void {
    this.#current?.resolve(response);
    this.#current = undefined;
    this.#next();
  }

  /** Ends the thread, and with it what is under way. */
  async #end(reason: string): Promise<void> {
    const [thread, current] = [this.#thread, this.#current];
    this.#thread = undefined;
    this.#current = undefined;
    current?.resolve({ type: "failed", reason });
    await thread?.terminate();
  }
}

function reasonOf(outcome: Outcome): string {
  return outcome.type === "failed" ? outcome.reason : `the thread was asked and said "${outcome.type}"`;
}
