/** The body of a request, read as JSON and no further than it may be long. */
import * as v from "valibot";
import { errorText } from "../../runtime/error-text.ts";
import type { Route } from "./api.ts";
import { RequestError } from "./request-error.ts";

/** Bytes of a body: a prompt far longer than any context. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Returns what the body holds; its length need not be told before. @throws {RequestError} where it is too long or no JSON. */
export async function readJson(request: Request): Promise<unknown> {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") {
    throw new RequestError(
      415,
      "unsupported_encoding",
      `A body in ${encoding.slice(0, 50)} is not read: send it as it is.`,
    );
  }
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const text = new TextDecoder().decode(await bytesOf(request));
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = text === "" ? "it is empty" : errorText(error);
    throw new RequestError(400, "invalid_json", `The body is not JSON: ${why}.`);
  }
}

async function bytesOf({ body }: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function tooLarge(): RequestError {
  return new RequestError(413, "body_too_large", `The body is larger than ${MAX_BODY_BYTES} bytes.`);
}

/** Reads the body of a request by its route. @throws {RequestError} 400 with what it must be. */
export async function readBy<Q>(request: Request, route: Route<Q, unknown>, what: string): Promise<Q> {
  const parsed = v.safeParse(route.request, await readJson(request));
  if (!parsed.success) throw new RequestError(400, "invalid_request", what);
  return parsed.output;
}
