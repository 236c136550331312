/** Asks the API for an answer and follows it to its end. */
import { type ReadAnswer, readAnswer } from "./answer-stream.ts";
import { lines, request } from "./api-client.ts";
import { waitAloud } from "./patience.ts";

export interface Asking {
  readonly api: string;
  /** What the model goes on from: messages, or with `prompt` text as it is. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Ends the answer. */
  readonly signal: AbortSignal;
  readonly onText: (text: string) => void;
}

/** The whole answer; its text is handed on as it comes. @throws {CommandError}, or an AbortError once `signal` is aborted. */
export async function askFor({ api, body, signal, onText }: Asking): Promise<ReadAnswer> {
  const calm = waitAloud(api);
  try {
    const response = await request(api, "prompt" in body ? "/v1/completions" : "/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...body, stream: true }),
      signal,
    });
    return await readAnswer(lines(response), (text) => {
      calm();
      onText(text);
    });
  } finally {
    calm();
  }
}

/** Why an answer is shorter than it might be; nothing where it came to its own end. */
export function cutShort({ finish, details }: ReadAnswer, limit: number | undefined): string | undefined {
  if (finish !== "length") return undefined;
  const tokens = details.completion_tokens;
  return limit !== undefined && tokens >= limit
    ? `stopped at ${tokens} tokens: give a larger --max-tokens for more`
    : `stopped at ${tokens} tokens: the context is full`;
}
