/** A response as a stream of server-sent events. */
import type { Clock } from "../../../runtime/clock.ts";
import type { Likelihood } from "../../conversation/likelihoods.ts";
import type { ChoiceEvent, Choices } from "../choices.ts";
import { errorBody, statusOf } from "../request-error.ts";
import { charactersOf, logprobsOf } from "./logprobs.ts";
import type { CompletionRequest } from "./request.ts";
import {
  type Finished,
  firstChunk,
  lastChunk,
  progressChunk,
  type ResponseHead,
  textChunk,
  usageChunk,
} from "./response.ts";

/** A stream that says nothing for this long gets a comment: proxies cut connections that look dead, often after a minute. */
const SILENCE_MILLISECONDS = 10_000;

export interface StreamOptions {
  readonly head: ResponseHead;
  readonly request: CompletionRequest;
  readonly choices: Choices;
  readonly clock: Clock;
  /** What is known when it begins. */
  readonly headers: Readonly<Record<string, string>>;
  /** Called when the reader has gone, or a choice has failed: the others are not wanted any more. */
  readonly leave: () => void;
}

/** Answers with the choices as they come. */
export function streamResponse({ head, request, choices, clock, headers, leave }: StreamOptions): Response {
  const encoder = new TextEncoder();
  const events = new StreamEvents(head, request);
  /** The next event, where it has been asked for and silence has been told meanwhile. */
  let awaited: Promise<ChoiceEvent | undefined> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const line of events.first()) controller.enqueue(encoder.encode(line));
    },
    async pull(controller) {
      const silentSince = clock.now();
      // Who has been given nothing does not pull again.
      for (let given = false; !given;) {
        const next = awaited ??= choices.take();
        const taken = await orSilence(clock, next, silentSince);
        if (taken === "silence") return controller.enqueue(encoder.encode(": waiting\n\n"));
        awaited = undefined;
        const { lines, over } = events.take(taken);
        for (const line of lines) controller.enqueue(encoder.encode(line));
        given = lines.length > 0 || over;
        if (!over) continue;
        leave();
        controller.close();
      }
    },
    async cancel() {
      // First: a generator that waits for its next event does not hear that it is to return.
      leave();
      await choices.end();
    },
  });
  return new Response(body, {
    headers: { ...headers, "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
  });
}

async function orSilence<T>(clock: Clock, next: Promise<T>, since: number): Promise<T | "silence"> {
  const { promise, resolve } = Promise.withResolvers<"silence">();
  const left = Math.max(0, SILENCE_MILLISECONDS - (clock.now() - since));
  const cancel = clock.after(left, () => resolve("silence"));
  try {
    return await Promise.race([next, promise]);
  } finally {
    cancel();
  }
}

/** What is written for each event. */
class StreamEvents {
  readonly #head: ResponseHead;
  readonly #request: CompletionRequest;
  /** By choice. */
  readonly #ends: Finished[] = [];
  #ended = 0;
  /** Characters of each choice's tokens so far. */
  readonly #offsets: number[] = [];

  constructor(head: ResponseHead, request: CompletionRequest) {
    this.#head = head;
    this.#request = request;
  }

  first(): string[] {
    return this.#request.echo.flatMap((echo, index) => {
      const chunk = firstChunk(this.#head, index);
      return [...(chunk === undefined ? [] : [line(chunk)]), ...(echo === "" ? [] : [this.#text(index, echo)])];
    });
  }

  take(taken: ChoiceEvent | undefined): { readonly lines: readonly string[]; readonly over: boolean } {
    const { index = 0, event } = taken ?? {};
    switch (event?.type) {
      case "text":
        return { lines: [this.#text(index, event.text, event.likelihoods)], over: false };
      case "finished":
        this.#ends[index] = event;
        this.#ended++;
        return this.#finished(index, event);
      case "failed":
        return { lines: [line(errorBody(statusOf(event.code), event.code, event.message))], over: true };
      case "started":
        return { lines: [], over: false };
      case "reading":
        return { lines: this.#request.progress ? [line(progressChunk(this.#head, index, event))] : [], over: false };
      case undefined:
        return { lines: [], over: true };
      default:
        return event satisfies never;
    }
  }

  #text(index: number, text: string, likelihoods?: readonly Likelihood[]): string {
    if (likelihoods === undefined) return line(textChunk(this.#head, index, text));
    const offset = this.#offsets[index] ?? 0;
    this.#offsets[index] = offset + charactersOf(likelihoods);
    return line(textChunk(this.#head, index, text, logprobsOf(this.#head.endpoint, likelihoods, offset)));
  }

  #finished(index: number, event: Finished): { readonly lines: readonly string[]; readonly over: boolean } {
    const lines = [line(lastChunk(this.#head, index, event))];
    const over = this.#ended === this.#request.answers.length;
    if (over && this.#request.usage) lines.push(line(usageChunk(this.#head, this.#ends)));
    return { lines: over ? [...lines, "data: [DONE]\n\n"] : lines, over };
  }
}

function line(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
