/** How the page speaks to its daemon: the routes that every client has, and nothing beside them. */
import { authorization } from "./key.js";

/** The daemon refuses, in its own words. `code` is the API's; "invalid_api_key" asks for the key. */
export class Refused extends Error {
  constructor(message, code) {
    super(message);
    this.name = "Refused";
    this.code = code;
  }
}

/** Reads a path as JSON. @throws {Refused} */
export async function get(path, signal) {
  return await (await ask(path, { signal })).json();
}

/** Posts JSON; the response, whose body may be a stream. @throws {Refused} */
export async function post(path, body, signal) {
  return await ask(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
}

/** Opens a path. @throws {Refused} */
export async function ask(path, init) {
  let response;
  try {
    response = await fetch(path, { ...init, headers: { ...init.headers, ...authorization() } });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Refused("The daemon does not answer. Is it running?", "unreachable");
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => undefined);
  throw new Refused(body?.error?.message ?? `The daemon answered ${response.status}.`, body?.error?.code);
}

/** The lines of a response's body as they come, empty ones left out. */
export async function* lines(response) {
  let rest = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const parts = (rest + value).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) if (part !== "") yield part;
    }
    if (rest !== "") yield rest;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** The chunks of a streamed answer, until it is done. @throws {Refused} where it ends in an error. */
export async function* chunks(response) {
  for await (const line of lines(response)) {
    if (!line.startsWith("data:")) continue;
    const data = line.slice(5).trim();
    if (data === "[DONE]") return;
    const chunk = JSON.parse(data);
    if (chunk.error !== undefined) throw new Refused(chunk.error.message, chunk.error.code);
    yield chunk;
  }
}

/** Calls `look` at once and then so often, while somebody can see the page; returns the end of it. */
export function whileSeen(intervalMs, look) {
  const looking = new AbortController();
  let timer;
  const turn = async () => {
    if (!document.hidden) await look(looking.signal).catch(() => {});
    if (!looking.signal.aborted) timer = setTimeout(turn, intervalMs);
  };
  void turn();
  return () => {
    looking.abort();
    clearTimeout(timer);
  };
}
