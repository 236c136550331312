/** An answer as it comes from the API: a stream of events, read to its end. */
import * as v from "valibot";
import { type AnswerDetails, StreamChunk } from "../actors/gateway/api.ts";
import { CommandError } from "./command.ts";

/** A whole answer, and how it went. */
export interface ReadAnswer {
  readonly text: string;
  /** Why it ended, in OpenAI's words. */
  readonly finish: string;
  readonly details: AnswerDetails;
}

/**
 * Follows a stream of server-sent events to its end, and hands each piece of text on as it comes.
 * @throws {CommandError} where the answer failed or broke off, or what came is no answer.
 */
export async function readAnswer(
  lines: AsyncIterable<string>,
  onText: (text: string) => void,
): Promise<ReadAnswer> {
  let text = "";
  let finish = "unknown";
  let details: AnswerDetails | undefined;
  for await (const line of lines) {
    if (!line.startsWith("data: ") || line === "data: [DONE]") continue;
    const chunk = parse(line.slice("data: ".length));
    if (chunk.error !== undefined) throw new CommandError(chunk.error.message);
    const choice = chunk.choices?.[0];
    const piece = choice?.delta?.content ?? choice?.text ?? "";
    text += piece;
    if (piece !== "") onText(piece);
    finish = choice?.finish_reason ?? finish;
    details = chunk.skein ?? details;
  }
  if (details === undefined) throw new CommandError("The answer broke off: the daemon closed the connection.");
  return { text, finish, details };
}

function parse(data: string): v.InferOutput<typeof StreamChunk> {
  try {
    return v.parse(StreamChunk, JSON.parse(data));
  } catch {
    throw new CommandError(`The daemon sent what is no part of an answer: ${JSON.stringify(data.slice(0, 200))}.`);
  }
}

/** How an answer went, in one line. */
export function summaryOf(details: AnswerDetails): string {
  const { ttft_ms, total_ms, prompt_tokens, completion_tokens, conversations, route } = details;
  const decoding = total_ms - ttft_ms;
  const rate = completion_tokens > 1 && decoding > 0 ? ((completion_tokens - 1) / decoding) * 1000 : 0;
  const again = conversations > 1 ? `, taken up again ${times(conversations - 1)}` : "";
  return `TTFT ${Math.round(ttft_ms)} ms, ${rate.toFixed(1)} tokens/s, ` +
    `${prompt_tokens} + ${completion_tokens} tokens${again}, route ` +
    route.map(({ device, first, last }) => `${device} ${first}-${last}`).join(" > ");
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
