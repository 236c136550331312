/** A daemon: data folder, mesh, actor system, compute worker, API. Starts in order, stops in reverse. */
import { join } from "node:path";
import type { Compute, ComputeRates } from "../../models/compute/mod.ts";
import type { Manifest } from "../../models/manifest.ts";
import { type BlockStore, openBlockStore } from "../../models/store/mod.ts";
import { type ActorSystem, createActorSystem } from "../../runtime/actor/mod.ts";
import { systemClock } from "../../runtime/clock.ts";
import { contentionMeter, readFreeDisk, readMemory, readSensors } from "../../runtime/host/mod.ts";
import { errorText } from "../../runtime/error-text.ts";
import { createIdentity, type Mesh, type MeshEvent, type NamedPeerEvent } from "../../runtime/mesh/mod.ts";
import { leaderOf, SUPERVISOR, supervisorOf } from "../addresses.ts";
import { type Composed, composeDevice } from "../compose.ts";
import type { CharterOptions } from "../charter.ts";
import type { DeviceEvent } from "../events.ts";
import type { Target } from "../../plans/mod.ts";
import type { ServingPolicy } from "../leader/policy.ts";
import { startSolver } from "../leader/solver-client.ts";
import { openApi } from "./api.ts";
import { openCharter } from "./charter-file.ts";
import type { Instruments } from "./instruments.ts";
import { ThreadLanguages } from "./languages.ts";
import { leaveMesh } from "./leaving.ts";
import { HopReader, Metrics, scrapeDevice } from "./metrics/mod.ts";
import { enterMesh, knownAddresses, type MembershipOptions, openMesh, rememberMembers } from "./membership.ts";
import { proposeModel, type Unused } from "./proposing.ts";
import { type Returning, returningModels } from "./returning.ts";
import type { Remake } from "../supervisor/loading.ts";
import { startLocalCompute } from "./start-compute.ts";
import { knownRates, type Trial } from "./rates.ts";
import { ThreadChoice } from "./thread-choice.ts";

/** What a daemon is started with. */
export interface DaemonOptions extends MembershipOptions {
  readonly api: {
    readonly host: string;
    readonly port: number;
    /** Whether it asks for the key in the data folder. */
    readonly keyed: boolean;
    /** Origins of pages that may use it, beside those that this machine serves. */
    readonly origins: readonly string[];
  };
  /** How fast answers must be whose requests do not say. Default: the whole model makes them. */
  readonly target?: Target;
  /** Bytes that segments may use here; absent: what is free. */
  readonly memoryLimitBytes?: number;
  /** Bytes of disk that blocks may take which do not run here; absent: no limit. */
  readonly diskLimitBytes?: number;
  /** Threads of the compute worker; absent: what is measured best on this machine. */
  readonly threads?: number;
  readonly cores: number;
  /** How the model that this device offers is to be served. */
  readonly policy: ServingPolicy;
  /** Emulates a device so many times slower; 1 for none. */
  readonly slowdown: number;
  /** Whether measurements may move blocks. */
  readonly balances: boolean;
  /** Whether conversations whose first segment is here guess what follows, where that pays. */
  readonly speculates: boolean;
  /** Whether blocks are given away when other programs need the device. */
  readonly yields: boolean;
  /** Whether the device goes on with what the mesh served when it was last up. Default: true. */
  readonly takesUp?: boolean;
  readonly processBytes: () => number;
  /** See `Host`. */
  readonly processSeconds?: () => { readonly computed: number; readonly up: number };
  readonly onEvent: (event: DaemonEvent) => void;
  /** What measures this daemon from within; absent: nothing. */
  readonly instruments?: Instruments;
}

/** Everything a daemon has to say. */
export type DaemonEvent =
  | DeviceEvent
  /** With how many threads the device computes, and what was measured with how many. */
  | { readonly type: "threads"; readonly threads: number; readonly trials: readonly Trial[] }
  /** A model that the mesh served before this device was off, and goes on with. */
  | Returning
  | Unused
  /** Told to stop, and others take over what runs here first. */
  | { readonly type: "leaving" }
  | { readonly type: "mesh"; readonly event: MeshEvent };

/** Compiles a model's file. */
export type Make = (signal: AbortSignal) => Promise<Manifest>;

/** A running daemon. */
export interface Daemon extends AsyncDisposable {
  readonly peerId: string;
  /** Base URL of the API. */
  readonly api: string;
  addresses(): string[];
  /** An invite for one device, good for an hour. */
  invite(): string;
  /**
   * Has the mesh serve this model, all of whose blocks are in the block store.
   * @param make makes them again from the model's file, should the disk have damaged one
   */
  offer(manifest: Manifest, make?: Make): void;
  readonly store: BlockStore;
  /** Aborted when somebody asks the device, by its API, to leave. */
  readonly asked: AbortSignal;
  /** Has others take over what runs here, for at most so many milliseconds; resolves when the device may be stopped. */
  leave(milliseconds: number, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a daemon; what had started is stopped again where a later part fails. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  await using started = new AsyncDisposableStack();
  const identity = await options.folder.secret("identity.key", createIdentity);
  // Before the addresses: a device that leaves another mesh forgets that one's.
  const standing = await enterMesh(options, identity, options.onEvent);
  const join = await knownAddresses(options);
  const store = await openBlockStore(options.folder.blocks);
  const threads = await chooseThreads(options, started);
  const worker = started.use(startLocalCompute({ threads, slowdown: options.slowdown }));
  const compute = options.instruments?.compute(worker) ?? worker;
  const mesh = started.use(await openMesh(options, { ...standing, identity, join }));
  const makers = new Map<string, Make>();
  const back = await comeBack(options, { identity, store, mesh, compute });
  const remake = remakeBy(makers, options.onEvent);
  const metrics = new Metrics({ version: options.version });
  const opened = { store, compute, threads, mesh, joins: join.length > 0, ...back, remake, metrics };
  const { system, served, traces } = startActors(options, opened, started);
  const asked = new AbortController();
  const leave = () => asked.abort("skein leave");
  const hops = new HopReader({ system, clock: systemClock, traces });
  const scrape = () => scrapeDevice(metrics, { system, device: mesh.self, processBytes: options.processBytes, hops });
  const api = await openApi(options, { system, store, mesh, served, traces, leave, metrics: scrape }, started);
  const going = new AbortController();
  started.defer(() => going.abort());
  const parts = started.move();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => stopped ??= parts.disposeAsync();
  const device = mesh.self;
  return {
    peerId: mesh.self,
    api,
    addresses: () => mesh.addresses(),
    invite: () => mesh.invite(),
    offer(manifest, make) {
      if (make !== undefined) makers.set(manifest.id, make);
      system.tell(supervisorOf(mesh.self), { type: "offer", model: manifest.id });
      void proposeModel(
        { system, device, clock: systemClock, folder: options.folder, signal: going.signal },
        manifest,
        {
          policy: options.policy,
          announce: options.onEvent,
        },
      );
    },
    store,
    asked: asked.signal,
    leave: (milliseconds, signal) =>
      leaveMesh({
        system,
        device,
        clock: systemClock,
        milliseconds,
        signal,
        onWait: () => options.onEvent({ type: "leaving" }),
      }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * Takes up what the mesh served when this device was last up, and says so; whether it has all blocks of one of its models, so
 * that it need not wait for others.
 */
async function comeBack(
  { folder, takesUp = true, onEvent: announce }: DaemonOptions,
  { identity, store, mesh, compute }: Pick<Opened, "store" | "mesh" | "compute"> & { readonly identity: Uint8Array },
): Promise<Pick<Opened, "charter" | "returns">> {
  const charter = await openCharter({ folder, identity, mesh, takesUp, announce });
  if (charter.kept === undefined) return { charter, returns: false };
  const lastSeen = (device: string) => mesh.devices().find((known) => known.device === device)?.lastSeenAt;
  const models = await returningModels(charter.kept, store, lastSeen, mesh.self);
  for (const model of models) announce(model);
  // Blocks that it has it will have to run, as soon as the others are found.
  if (models.some(({ here }) => here.length > 0)) compute.prepare();
  const isWhole = ({ here, elsewhere, missing }: Returning) =>
    here.length > 0 && elsewhere.length + missing.length === 0;
  return { charter, returns: models.some(isWhole) };
}

/** How many threads to compute with. They are tried first of all, so that nothing else is measured; after joining, where others can answer. */
async function chooseThreads(
  { invite, onEvent, ...options }: DaemonOptions,
  started: AsyncDisposableStack,
): Promise<() => Promise<number>> {
  const { slowdown } = options;
  const choice = started.use(
    new ThreadChoice({
      ...options,
      joins: invite !== undefined,
      start: (threads) => startLocalCompute({ threads, slowdown }),
      onChoice: (chosen) => onEvent({ type: "threads", ...chosen }),
    }),
  );
  if (invite === undefined) await choice.threads();
  return () => choice.threads();
}

interface Opened {
  readonly store: BlockStore;
  readonly compute: Compute;
  readonly threads: () => Promise<number>;
  readonly mesh: Mesh;
  readonly joins: boolean;
  readonly returns: boolean;
  readonly charter: CharterOptions;
  readonly remake: Remake;
}

/** Makes models again that were offered with a way to; a file that is gone or has changed makes nothing. */
function remakeBy(makers: ReadonlyMap<string, Make>, announce: (event: DaemonEvent) => void): Remake {
  return async (model, signal) => {
    try {
      return (await makers.get(model)?.(signal))?.id === model;
    } catch (error) {
      announce({ type: "warning", message: `A damaged block could not be made again: ${errorText(error)}` });
      return false;
    }
  };
}

/** Starts the cast, and tells it of peers that come and go. */
function startActors(
  options: DaemonOptions,
  { store, compute, threads, mesh, remake, metrics, ...opened }: Opened & { readonly metrics: Metrics },
  started: AsyncDisposableStack,
): { readonly system: ActorSystem } & Pick<Composed, "served" | "traces"> {
  const { name, folder, onEvent, instruments } = options;
  const transport = instruments?.transport(mesh) ?? mesh;
  let rates: Promise<ComputeRates> | undefined;
  const onCrash = (path: string, error: string) => onEvent({ type: "warning", message: `${path} crashed: ${error}` });
  const system = started.use(createActorSystem({ device: mesh.self, clock: systemClock, transport, onCrash }));
  instruments?.inspect(system.inspect);
  const { root, served, traces, announce } = composeDevice({
    device: mesh.self,
    name,
    clock: systemClock,
    peers: () => mesh.peers(),
    joins: opened.joins,
    returns: opened.returns,
    charter: opened.charter,
    host: {
      readMemory,
      readFreeDisk: () => readFreeDisk(folder.path),
      readSensors,
      readContention: contentionMeter(),
      processBytes: options.processBytes,
      ...(options.processSeconds === undefined ? {} : { processSeconds: options.processSeconds }),
    },
    store,
    compute,
    languages: started.use(new ThreadLanguages({ store, clock: systemClock })),
    rates: () => rates ??= threads().then((threads) => knownRates({ ...options, threads }, compute)),
    remake,
    probe: () => compute.probe(join(folder.path, "trial")),
    balances: options.balances,
    speculates: options.speculates,
    yields: options.yields,
    solver: started.use(startSolver(systemClock)),
    policy: options.policy,
    memoryLimitBytes: options.memoryLimitBytes,
    diskLimitBytes: options.diskLimitBytes,
    slowdown: options.slowdown,
    inspect: system.inspect,
    announce(event) {
      metrics.happened(event);
      onEvent(event);
    },
    onStep: (segment, step) => metrics.stepped(segment, step),
  });
  system.spawn(root, { name: SUPERVISOR, restart: { policy: "permanent", restarts: 5, seconds: 60 } });
  started.defer(mesh.onPeer((event) => {
    const type = event.type === "up" ? "peer-up" : "peer-down";
    system.tell(leaderOf(mesh.self), { type, device: event.device });
    announce(peerEvent(event));
  }));
  started.defer(rememberMembers(mesh, folder));
  started.defer(mesh.onEvent((event) => onEvent({ type: "mesh", event })));
  return { system, served, traces };
}

function peerEvent(event: NamedPeerEvent): DeviceEvent {
  const { type: change, device, name } = event;
  return { type: "peer", change, device, name, ...(event.reason === undefined ? {} : { reason: event.reason }) };
}
