/** The messages of a chat as clients keep them, to the text that a template takes. */
import { RequestError } from "../request-error.ts";
import type { Message } from "./parameters.ts";

/** Returns role and text of each message. @throws {RequestError} where one holds what is not text. */
export function readMessages(messages: readonly Message[]): { role: string; content: string }[] {
  return messages.map((message, index) => ({ role: message.role, content: textOf(message, index) }));
}

/** What was said. Calls of tools in a history are told as what an assistant may have written to make them. */
function textOf({ content, refusal, tool_calls: calls }: Message, index: number): string {
  const said = typeof content === "string" ? content : (content ?? []).map((part) => partOf(part, index)).join("");
  const told = (calls ?? []).map((call) => callText(call));
  return [said === "" ? refusal ?? "" : said, ...told].filter((text) => text !== "").join("\n");
}

function partOf(part: unknown, index: number): string {
  if (typeof part === "string") return part;
  const { type, text, refusal } = typeof part === "object" && part !== null ? part as Record<string, unknown> : {};
  if (type === "text" && typeof text === "string") return text;
  if (type === "refusal" && typeof refusal === "string") return refusal;
  const what = typeof type === "string" ? `a part of the type ${JSON.stringify(type.slice(0, 50))}` : "such a part";
  throw new RequestError(
    400,
    "invalid_request",
    `Messages are text here: message ${index + 1} has ${what}, which no model of this mesh takes.`,
    `messages.${index}.content`,
  );
}

function callText(call: unknown): string {
  const { function: called } = (call ?? {}) as { readonly function?: { name?: unknown; arguments?: unknown } };
  if (typeof called?.name !== "string") return "";
  const given = typeof called.arguments === "string" ? called.arguments : JSON.stringify(called.arguments ?? {});
  return `{"name": ${JSON.stringify(called.name)}, "arguments": ${given === "" ? "{}" : given}}`;
}
