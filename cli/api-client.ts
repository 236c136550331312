/** How commands talk to a daemon: find one, ask it, and say clearly what is wrong when it does not answer. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as v from "valibot";
import type { Route } from "../actors/gateway/api.ts";
import { findDaemons } from "../runtime/host/mod.ts";
import { CommandError } from "./command.ts";

/** The daemon refuses; with its own words. */
export class ApiError extends CommandError {
  /** What kind of refusal it is, such as "context_length_exceeded"; undefined where the daemon did not say. */
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}

/** The base URL of the daemon to talk to: as given, or the one that runs on this machine (the longest-running of several). */
export async function findApi(given: string | undefined): Promise<string> {
  if (given !== undefined) {
    const url = URL.parse(given.includes("://") ? given : `http://${given}`);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new CommandError(`--api is ${JSON.stringify(given)}; it must be a URL like http://127.0.0.1:11411.`, 2);
    }
    return url.origin;
  }
  const [daemon] = await findDaemons();
  if (daemon === undefined) {
    throw new CommandError("No daemon runs on this machine. Start one with: skein up --model PATH (or --join -).");
  }
  return daemon.api;
}

/** Requests a path of the API. @throws {CommandError} where the daemon is not there, or an ApiError where it refuses. */
export async function request(api: string, path: string, init: RequestInit = {}): Promise<Response> {
  let response = await send(api, path, init);
  if (response.status === 401) {
    const key = await keyOf(api);
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${key ?? ""}`);
    if (key !== undefined) response = await send(api, path, { ...init, headers });
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => undefined) as Refusal | undefined;
  throw new ApiError(
    body?.error?.message ?? `The daemon at ${api} answered ${response.status} ${response.statusText}.`,
    body?.error?.code,
  );
}

/** What the API says where it refuses. */
interface Refusal {
  readonly error?: { readonly message?: string; readonly code?: string };
}

async function send(api: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`${api}${path}`, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new CommandError(`No daemon answers at ${api}. Is it running? Start one with: skein up.`);
  }
}

/** The key of an API: as the environment gives it, or where its daemon runs on this machine from its data folder. */
async function keyOf(api: string): Promise<string | undefined> {
  const given = process.env["SKEIN_API_KEY"];
  if (given !== undefined && given !== "") return given;
  const daemon = (await findDaemons()).find((record) => record.api === api);
  if (daemon === undefined) return undefined;
  return (await readFile(join(daemon.dataDir, "api.key"), "utf8").catch(() => undefined))?.trim();
}

/** Asks a route of the daemon and reads its answer. @throws {CommandError} as `request` does, or for an answer of another version. */
export async function call<Q, R>(
  api: string,
  { method, path, response }: Route<Q, R>,
  body?: Q,
  signal?: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<R> {
  const json = body === undefined ? {} : { "content-type": "application/json" };
  const answer = await request(api, path, {
    method,
    headers: { ...json, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const parsed = v.safeParse(response, await answer.json());
  if (parsed.success) return parsed.output;
  const where = v.getDotPath(parsed.issues[0]);
  throw new CommandError(
    `The daemon at ${api} is of another version than this command: ${path}, ${where}: ${parsed.issues[0].message}.`,
  );
}

/** The lines of a response's body as they come. */
export async function* lines(response: Response): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  if (rest !== "") yield rest;
}
