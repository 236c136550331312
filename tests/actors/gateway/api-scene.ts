/** A scene with the daemon's API in front of it: requests in, responses out, no network. */
import type { AccessPolicy } from "../../../actors/gateway/access.ts";
import { createApi } from "../../../actors/gateway/http.ts";
import type { PageFiles } from "../../../actors/gateway/page.ts";
import { Traces } from "../../../actors/gateway/traces.ts";
import type { Members } from "../../../actors/gateway/members.ts";
import type { Target } from "../../../plans/mod.ts";
import { type Extras, type Scene, scene } from "./scene.ts";

/** A response on its way. */
export interface Responding {
  readonly response: Promise<Response>;
}

export interface ApiScene extends AsyncDisposable {
  readonly stage: Scene;
  /** Aborted, the daemon stops. */
  readonly closing: AbortController;
  /** Requests a path, by POST where there is a body, and lets what follows arrive. */
  request(path: string, body?: unknown, init?: RequestInit): Promise<Responding>;
  /** The same, of a response that waits for nothing more. */
  read(path: string, body?: unknown, init?: RequestInit): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** A mesh of three devices, one of them away. */
export const fakeMembers: Members = {
  ownerKey: "owner",
  version: "1.2.3",
  devices: () => [
    { device: "there", name: "board", version: "1.2.3", lastSeenAt: 5 },
    { device: "away", name: "phone", version: "", lastSeenAt: 4 },
  ],
  invite: ({ uses = 1 }) => {
    if (uses > 64) throw new RangeError("An invite is for 1 to 64 devices.");
    return `skein2-${uses}`;
  },
  waysTo: () => Promise.resolve({ ways: [], mdns: true, sightedAgo: 5 }),
  forget: () => Promise.resolve(),
};

/** Sets the scene; `extras` are other actors of the device. */
export async function apiScene(
  extras: Extras = {},
  access: AccessPolicy = { origins: [] },
  page?: PageFiles,
  target?: Target,
): Promise<ApiScene> {
  const stage = await scene(["there"], undefined, extras);
  const closing = new AbortController();
  const handle = createApi({
    system: stage.system,
    clock: stage.clock,
    access,
    device: "here",
    name: "laptop",
    peers: () => [{ device: "there", name: "board", roundTripMs: 1 }],
    members: fakeMembers,
    served: stage.served,
    target,
    traces: new Traces(),
    ...(page === undefined ? {} : { page }),
    compile: (path) => Promise.reject(new Error(`there is no ${path}`)),
    models: () => Promise.resolve([]),
    leave: () => {},
    closing: closing.signal,
  });
  const request: ApiScene["request"] = async (path, body, init) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const post = body === undefined ? {} : { method: "POST", body: text };
    const response = Promise.resolve(handle(new Request(`http://127.0.0.1${path}`, { ...post, ...init })));
    await stage.calm();
    return { response };
  };
  return {
    stage,
    closing,
    request,
    async read(path, body, init) {
      const response = await (await request(path, body, init)).response;
      return { status: response.status, body: await response.json() };
    },
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

/** The data of a stream's events, each read as JSON but for the word that ends it. */
export function eventsOf(text: string): unknown[] {
  return text.split("\n\n").filter((event) => event !== "").map((event) => {
    const data = event.slice("data: ".length);
    return data === "[DONE]" ? data : JSON.parse(data);
  });
}
