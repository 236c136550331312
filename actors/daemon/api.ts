/** A daemon's API on a socket of this machine, and the keys that it asks for. */
import { compileModel } from "../../models/compile/mod.ts";
import { manifestBlobs } from "../../models/manifest-blobs.ts";
import type { BlockStore } from "../../models/store/mod.ts";
import type { Target } from "../../plans/mod.ts";
import type { ActorSystem } from "../../runtime/actor/mod.ts";
import { systemClock } from "../../runtime/clock.ts";
import { type DataFolder, serveHttp } from "../../runtime/host/mod.ts";
import type { Mesh } from "../../runtime/mesh/mod.ts";
import type { ApiOptions, LocalModel } from "../gateway/api-options.ts";
import { createApi } from "../gateway/http.ts";
import type { Members } from "../gateway/members.ts";
import type { Served } from "../gateway/served.ts";
import type { Traces } from "../gateway/traces.ts";
import { openPageFiles } from "./page-files.ts";

/** What the API is opened for. */
export interface OpenApiOptions {
  readonly api: {
    readonly host: string;
    readonly port: number;
    readonly keyed: boolean;
    readonly origins: readonly string[];
  };
  /** How fast answers must be whose requests do not say. */
  readonly target?: Target;
  readonly name: string;
  readonly version: string;
  readonly folder: DataFolder;
}

/** What it gives access to. */
export interface BehindApi {
  readonly system: ActorSystem;
  readonly store: BlockStore;
  readonly mesh: Mesh;
  readonly served: Served;
  readonly traces: Traces;
  readonly metrics: NonNullable<ApiOptions["metrics"]>;
  /** Has the daemon leave the mesh politely and stop. */
  readonly leave: () => void;
}

/** Opens the API, until `started` is disposed; its URL. */
export async function openApi(
  { api: { host, port, keyed, origins }, target, name, version, folder }: OpenApiOptions,
  { system, store, mesh, served, traces, leave, metrics }: BehindApi,
  started: AsyncDisposableStack,
): Promise<string> {
  const closing = new AbortController();
  const key = keyed ? textOf(await folder.secret("api.key", drawApiKey)) : undefined;
  const ownerKey = textOf(await folder.secret("owner.key", drawApiKey));
  const api = createApi({
    system,
    clock: systemClock,
    access: { key, origins },
    device: mesh.self,
    name,
    peers: () => mesh.peers(),
    members: membersOf(mesh, ownerKey, version),
    target,
    served,
    traces,
    metrics,
    page: openPageFiles(),
    compile: (path) => compileModel(path, { store }),
    models: () => modelsIn(store),
    leave,
    closing: closing.signal,
  });
  const server = await serveHttp(host, port, api);
  started.defer(() => {
    closing.abort();
    return server.close();
  });
  return server.url;
}

async function modelsIn(store: BlockStore): Promise<LocalModel[]> {
  return await Promise.all((await store.manifests()).map(async (manifest) => {
    const here = await Promise.all(manifestBlobs(manifest).map((blob) => store.has(blob)));
    return { id: manifest.id, name: manifest.name, complete: here.every(Boolean) };
  }));
}

function membersOf(mesh: Mesh, ownerKey: string, version: string): Members {
  return {
    ownerKey,
    version,
    devices: () => mesh.devices(),
    waysTo: (device) => mesh.waysTo(device),
    forget: (device) => mesh.forget(device),
    invite: ({ lifetimeMs, uses }) =>
      mesh.invite({
        ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
        ...(uses === undefined ? {} : { uses }),
      }),
  };
}

/** A key of 128 random bits, as text that people can copy. */
function drawApiKey(): Uint8Array {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  return new TextEncoder().encode(`sk-${digits.join("")}\n`);
}

function textOf(secret: Uint8Array): string {
  return new TextDecoder().decode(secret).trim();
}
