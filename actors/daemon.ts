/** A device of a mesh, put together: data folder, mesh, actor system, compute worker, API. Starts in order, stops in reverse. */
import { join } from "node:path";
import * as v from "valibot";
import { compileModel } from "../models/compile/mod.ts";
import { type Compute, type ComputeRates, startCompute } from "../models/compute/mod.ts";
import type { Manifest } from "../models/manifest.ts";
import { openBlockStore } from "../models/store/mod.ts";
import { createActorSystem } from "../runtime/actor/mod.ts";
import { every, systemClock } from "../runtime/clock.ts";
import { type DataFolder, hardwareKey, readFreeDisk, readMemory, readSensors, serveHttp } from "../runtime/host/mod.ts";
import {
  createIdentity,
  createMesh,
  createMeshKey,
  type Invite,
  type Mesh,
  type MeshEvent,
  type PeerEvent,
} from "../runtime/mesh/mod.ts";
import { leaderOf, SUPERVISOR, supervisorOf } from "./addresses.ts";
import type { Device, DeviceEvent } from "./device.ts";
import { createApi } from "./gateway/http.ts";
import { Served } from "./gateway/served.ts";
import type { ServingPolicy } from "./leader/policy.ts";
import { startSolver } from "./leader/solver-client.ts";
import { Links } from "./monitor/links.ts";
import { WorkTimes } from "./monitor/work-times.ts";
import { supervisor } from "./supervisor/behaviour.ts";

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly name: string;
  readonly folder: DataFolder;
  readonly api: { readonly host: string; readonly port: number };
  /** Multiaddrs. Default: every interface, on the port of the last run where it is free. */
  readonly listen?: readonly string[];
  /** The mesh to join; absent: the one of the data folder, or a new one. */
  readonly invite?: Invite;
  readonly mdns: boolean;
  /** Bytes that segments may use here; absent: what is free. */
  readonly memoryLimitBytes?: number;
  /** Threads of the compute worker. */
  readonly threads: number;
  /** How the model that this device offers is to be served. */
  readonly policy: ServingPolicy;
  /** Emulates a device so many times slower; 1 for none. */
  readonly slowdown: number;
  readonly processBytes: () => number;
  readonly onEvent: (event: DaemonEvent) => void;
}

/** Everything a daemon has to say. */
export type DaemonEvent =
  | DeviceEvent
  | {
    readonly type: "peer";
    readonly change: "up" | "down";
    readonly device: string;
    readonly name: string;
    readonly reason?: string;
  }
  | { readonly type: "mesh"; readonly event: MeshEvent };

/** A running daemon. */
export interface Daemon extends AsyncDisposable {
  readonly peerId: string;
  /** Base URL of the API. */
  readonly api: string;
  addresses(): string[];
  invite(): string;
  /** Has the mesh serve this model, all of whose blocks are in the block store. */
  offer(manifest: Manifest): void;
  readonly store: Device["store"];
  stop(): Promise<void>;
}

/** Starts a daemon; what had started is stopped again where a later part fails. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { folder, onEvent } = options;
  await using started = new AsyncDisposableStack();
  const identity = await folder.secret("identity.key", createIdentity);
  const key = await meshKey(options);
  const store = await openBlockStore(folder.blocks);
  const compute = started.use(startCompute({ threads: options.threads, slowdown: options.slowdown }));
  const join = await knownAddresses(options);
  const mesh = started.use(await openMesh(options, identity, key, join));
  let rates: Promise<ComputeRates> | undefined;
  const device: Device = {
    id: mesh.self,
    name: options.name,
    clock: systemClock,
    joins: join.length > 0,
    store,
    compute,
    compile: (path) => compileModel(path, { store }),
    peers: () => mesh.peers(),
    readMemory,
    readFreeDisk: () => readFreeDisk(folder.path),
    processBytes: options.processBytes,
    ...(options.memoryLimitBytes === undefined ? {} : { memoryLimitBytes: options.memoryLimitBytes }),
    policy: options.policy,
    slowdown: options.slowdown,
    rates: () => rates ??= knownRates(options, compute),
    readSensors,
    work: new WorkTimes(),
    links: new Links(systemClock),
    served: new Served(),
    solver: started.use(startSolver(systemClock)),
    announce: onEvent,
  };
  const onCrash = (path: string, error: string) => onEvent({ type: "warning", message: `${path} crashed: ${error}` });
  const system = started.use(createActorSystem({ device: mesh.self, clock: systemClock, transport: mesh, onCrash }));
  const root = supervisor(device, () => system.inspect.snapshot());
  system.spawn(root, { name: SUPERVISOR, restart: { policy: "permanent", restarts: 5, seconds: 60 } });
  started.defer(mesh.onPeer((event) => {
    const type = event.type === "up" ? "peer-up" : "peer-down";
    system.tell(leaderOf(mesh.self), { type, device: event.device });
    onEvent(peerEvent(event));
  }));
  started.defer(rememberMembers(mesh, folder));
  started.defer(mesh.onEvent((event) => onEvent({ type: "mesh", event })));
  const closing = new AbortController();
  const api = createApi({ system, device, closing: closing.signal });
  const server = await serveHttp(options.api.host, options.api.port, api);
  started.defer(() => {
    closing.abort();
    return server.close();
  });
  const parts = started.move();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => stopped ??= parts.disposeAsync();
  return {
    peerId: mesh.self,
    api: server.url,
    addresses: () => mesh.addresses(),
    invite: () => mesh.invite(),
    offer: (manifest) => system.tell(supervisorOf(mesh.self), { type: "offer", manifest }),
    store,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The key of the mesh to be in: the invite's, the data folder's, or a new one. */
async function meshKey({ folder, invite, onEvent }: DaemonOptions): Promise<Uint8Array> {
  const kept = await folder.secret("mesh.key", () => invite?.key ?? createMeshKey());
  if (invite === undefined || same(kept, invite.key)) return kept;
  await folder.replaceSecret("mesh.key", invite.key);
  await folder.remove(PEERS_FILE);
  onEvent({
    type: "warning",
    message: "This device was in another mesh before; it has left that one to join the invite's.",
  });
  return invite.key;
}

const RATES_FILE = "rates.json";
const Rates = v.object({
  hardware: v.string(),
  rates: v.object({
    decodeNanosecondsPerByte: v.pipe(v.number(), v.finite(), v.minValue(0)),
    prefillNanosecondsPerMultiplyAdd: v.pipe(v.number(), v.finite(), v.minValue(0)),
  }),
});

/** The trial's result of an earlier start on the same hardware with the same threads, or a new trial's. */
async function knownRates({ folder, threads, slowdown }: DaemonOptions, compute: Compute): Promise<ComputeRates> {
  const hardware = `${hardwareKey()}, ${threads} threads, ${slowdown} times slower`;
  const kept = v.safeParse(v.pipe(v.string(), v.parseJson(), Rates), await folder.read(RATES_FILE));
  if (kept.success && kept.output.hardware === hardware) return kept.output.rates;
  const rates = await compute.probe(join(folder.path, "trial"));
  await folder.write(RATES_FILE, JSON.stringify({ hardware, rates }));
  return rates;
}

const PORT_FILE = "port";
const PEERS_FILE = "addresses";
const REMEMBER_MILLISECONDS = 5000;

/** The addresses of the invite, and those of members that this device met before. */
async function knownAddresses({ folder, invite }: DaemonOptions): Promise<string[]> {
  const kept = (await folder.read(PEERS_FILE) ?? "").split("\n").filter((address) => address !== "");
  return [...new Set([...invite?.addresses ?? [], ...kept])];
}

/** Keeps the addresses of members, so that this device finds back after a restart, whoever of them is there then. */
function rememberMembers(mesh: Mesh, folder: DataFolder): () => void {
  let kept = "";
  return every(systemClock, REMEMBER_MILLISECONDS, () => {
    const addresses = mesh.memberAddresses().join("\n");
    if (addresses === "" || addresses === kept) return;
    kept = addresses;
    // A precaution: where it fails, the invite's addresses and mDNS remain.
    folder.write(PEERS_FILE, addresses).catch(() => {});
  });
}

/** Opens the mesh on the last run's port where it is free, so that addresses in invites stay good. */
async function openMesh(
  options: DaemonOptions,
  identity: Uint8Array,
  key: Uint8Array,
  join: readonly string[],
): Promise<Mesh> {
  const { folder, name, mdns } = options;
  const base = { identity, key, name, join, mdns, clock: systemClock };
  if (options.listen !== undefined) return await createMesh({ ...base, listen: options.listen });
  const last = Number(await folder.read(PORT_FILE) ?? 0);
  const listen = (port: number) => createMesh({ ...base, listen: [`/ip4/0.0.0.0/tcp/${port}`] });
  const mesh = await listen(Number.isInteger(last) && last > 0 && last < 65_536 ? last : 0).catch(() => listen(0));
  const port = mesh.addresses()[0]?.match(/\/tcp\/(\d+)/)?.[1];
  if (port !== undefined) await folder.write(PORT_FILE, port);
  return mesh;
}

function peerEvent(event: PeerEvent): DaemonEvent {
  const { type: change, device, name } = event;
  return { type: "peer", change, device, name, ...(event.type === "down" ? { reason: event.reason } : {}) };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
