/** What tests of OpenAI's endpoints share: a greeting, how long it took, and errors as clients see them. */
import type { Responding } from "./api-scene.ts";
import { piece, type Scene, STARTED } from "./scene.ts";

export const NOTHING_CACHED = { prompt_tokens_details: { cached_tokens: 0 } };
export const CHAT = { messages: [{ role: "user", content: "Hello" }] };
export const DETAILS = {
  ttft_ms: 40,
  total_ms: 50,
  prompt_tokens: 3,
  completion_tokens: 2,
  conversations: 1,
  route: [{ device: "there", first: 0, last: 1 }, {
    device: "tail",
    first: 2,
    last: 3,
  }],
};

/** The latest conversation says "Hi!", the first part after 40 ms, the second 10 ms later. */
export async function greet(stage: Scene): Promise<void> {
  stage.last.says(STARTED);
  await stage.pass(40);
  stage.last.says(piece(1, "Hi"));
  await stage.pass(10);
  stage.last.says({ type: "finished", reason: "stop", tokens: [2], text: "!" });
  await stage.calm();
}

interface Failure {
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly param: string | null;
}

export const errorOf = async ({ response }: Responding) => {
  const { status } = await response;
  const body = await (await response).json() as { error: Failure };
  return { status, ...body.error };
};
