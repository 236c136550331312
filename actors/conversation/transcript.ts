/** An answer as it grows: which ids were drawn, which text is out, and whether it has ended. Pure but for its own growth. */
import { createStopMatcher, type Detokenizer, type StopMatcher, type TokenReader } from "../../models/text/mod.ts";
import type { AnswerRequest, FinishReason, Progress } from "./protocol.ts";

/** What one more token adds, or some. */
export interface Piece {
  /** The tokens, but for one that only marks the end. */
  readonly tokens: readonly number[];
  /** Text that is safe to show: no half character, no beginning of a stop string. */
  readonly text: string;
  readonly finished?: FinishReason;
}

/** Where an answer comes from. */
export interface TranscriptOptions {
  readonly tokenizer: TokenReader;
  readonly prompt: ArrayLike<number>;
  readonly request: AnswerRequest;
  /** What an earlier conversation got done. */
  readonly progress: Progress;
  /** Most tokens the answer may have, those of `progress` included. */
  readonly room: number;
}

/** Starts, or takes up, a transcript. */
export class Transcript {
  readonly #tokenizer: TokenReader;
  readonly #detokenizer: Detokenizer;
  readonly #stop: StopMatcher;
  readonly #room: number;
  readonly #promptLength: number;
  #generated = 0;
  /** Text of replayed tokens that the client does not have yet; goes out with the next piece. */
  #unsent = "";
  #ended: FinishReason | undefined;

  constructor({ tokenizer, prompt, request, progress, room }: TranscriptOptions) {
    this.#tokenizer = tokenizer;
    this.#detokenizer = tokenizer.detokenizer({ after: prompt });
    this.#stop = createStopMatcher(request.stop);
    this.#room = room;
    this.#promptLength = prompt.length;
    let text = "";
    for (const token of progress.generated) {
      // Whoever asks may claim more tokens than there is room for.
      if (this.#ended !== undefined) break;
      text += this.push(token).text;
    }
    this.#unsent = text.slice(progress.sent);
  }

  /** Tokens of prompt and answer so far: the position of the next token. */
  get length(): number {
    return this.#promptLength + this.#generated;
  }

  /** How the answer ended where what an earlier conversation drew was all of it, with the text still owed. */
  ended(): { readonly reason: FinishReason; readonly text: string } | undefined {
    return this.#ended === undefined ? undefined : { reason: this.#ended, text: this.#unsent };
  }

  /** Tokens that the answer may still have. */
  get room(): number {
    return this.#room - this.#generated;
  }

  /** Takes the next tokens, as far as the answer goes on. */
  take(tokens: readonly number[]): Piece {
    const taken: number[] = [];
    let text = "";
    for (const token of tokens) {
      const piece = this.push(token);
      taken.push(...piece.tokens);
      text += piece.text;
      if (piece.finished !== undefined) return { tokens: taken, text, finished: piece.finished };
    }
    return { tokens: taken, text };
  }

  /** Takes the next token. */
  push(token: number): Piece {
    const unsent = this.#unsent;
    this.#unsent = "";
    if (this.#tokenizer.endIds.has(token)) return this.#finish("stop", [], unsent + this.#rest());
    this.#generated++;
    const piece = this.#stop.push(this.#detokenizer.push(token));
    if (piece.stopped) return this.#finish("stop", [token], unsent + piece.text);
    if (this.#generated >= this.#room) return this.#finish("length", [token], unsent + piece.text + this.#rest());
    return { tokens: [token], text: unsent + piece.text };
  }

  /** The text that was held back for what might have followed. */
  #rest(): string {
    const { text, stopped } = this.#stop.push(this.#detokenizer.flush());
    return stopped ? text : text + this.#stop.flush();
  }

  #finish(finished: FinishReason, tokens: readonly number[], text: string): Piece {
    this.#ended = finished;
    return { tokens, text, finished };
  }
}
