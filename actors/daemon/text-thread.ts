/** The thread that reads texts: a long one takes a second, in which the main thread would miss heartbeats. */
import { readFile } from "node:fs/promises";
import { errorText } from "../../runtime/error-text.ts";
import { serveThread } from "../../runtime/host/thread.ts";
import { openWriting } from "../conversation/language.ts";
import { readPrompt, type Writing } from "../conversation/prompt.ts";
import { studyPrompt } from "../conversation/study.ts";
import type { StoredTokenizer, TextRequest, TextResponse } from "./text-messages.ts";

/** Tokenizers that are kept, the last used ones: a mesh serves few models, and a large vocabulary takes 100 MB. */
const KEPT = 2;

const kept = new Map<string, Writing>();
/** One after another, in the order they came. */
let tail: Promise<void> = Promise.resolve();

serveThread((message, post) => {
  tail = tail.then(async () => {
    const response = await perform(message as TextRequest).catch((error): TextResponse => {
      return { type: "failed", reason: errorText(error) };
    });
    post(response, transferable(response));
  });
});

async function perform(request: TextRequest): Promise<TextResponse> {
  const writing = await writingOf(request.tokenizer);
  switch (request.type) {
    case "learn":
      return { type: "learnt", table: writing.tokenizer.table() };
    case "read":
      return { type: "read", read: readPrompt(request.prompt, writing, request.context) };
    case "study":
      return { type: "studied", studied: studyPrompt(request.prompt, writing, request.context) };
    default:
      return request satisfies never;
  }
}

async function writingOf({ path, vocabulary }: StoredTokenizer): Promise<Writing> {
  const writing = kept.get(path) ?? openWriting(await readFile(path), vocabulary);
  kept.delete(path);
  kept.set(path, writing);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
  }
  return writing;
}

function transferable(response: TextResponse): ArrayBuffer[] {
  if (response.type !== "learnt") return [];
  const { bytes, ends, control, endIds } = response.table;
  return [bytes, ends, control, endIds].map(({ buffer }) => buffer);
}
