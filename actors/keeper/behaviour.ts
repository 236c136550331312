/**
 * The keeper: looks after a device's block store. It knows which models are there and how much they take, removes what
 * people want removed, and keeps to the owner's limit. What it wants gone the supervisor lets go of, which knows what is
 * loaded and what is about to be.
 */
import { manifestBlobs, weightBlobs } from "../../models/manifest-blobs.ts";
import type { BlockStore, StoredFile } from "../../models/store/mod.ts";
import { formatBytes } from "../../plans/mod.ts";
import { type Behaviour, type Context, next, type Ref, type Reply, reply } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import { errorText } from "../../runtime/error-text.ts";
import { supervisorOf } from "../addresses.ts";
import type { Announce } from "../events.ts";
import type { Peers } from "../host.ts";
import type { StoreUse } from "../supervisor/protocol.ts";
import { affordable, overflow, tidying } from "./choice.ts";
import { bytesOf, entriesOf, type Entry, filesOf, type Inventory, shelvedOf, takeInventory } from "./inventory.ts";
import { othersWith } from "./others.ts";
import { describeFiles } from "./parts.ts";
import type { Pledges } from "./pledges.ts";
import type { KeeperMessage, Keeping, Kept, LetGo, Removed } from "./protocol.ts";
import { toRemove } from "./removal.ts";
import type { Room } from "./room.ts";

/** How often the limit is looked at, and models that run are marked as used. */
const LOOK_MILLISECONDS = 60_000;
/** How long the supervisor may take: what is to go waits until a load is over. */
const DISCARD_MILLISECONDS = 60_000;
const USE_MILLISECONDS = 5000;

/** What a keeper is made of. */
export interface KeeperOptions {
  readonly device: string;
  /** What people call this device. */
  readonly name: string;
  readonly clock: Clock;
  /** Milliseconds since 1970: models are remembered for longer than a daemon lives. */
  readonly today: () => number;
  readonly peers: Peers;
  readonly store: Pick<BlockStore, "manifests" | "stock">;
  readonly pledges: Pledges;
  readonly room: Room;
  readonly announce: Announce;
}

type KeeperContext = Context<KeeperMessage>;

/** All that is known when something is to be decided. */
interface Look {
  readonly inventory: Inventory;
  readonly use: StoreUse;
  readonly entries: readonly Entry[];
}

/** Makes the keeper's behaviour. */
export function keeper(options: KeeperOptions): Behaviour<null, KeeperMessage> {
  return {
    start(context) {
      context.after(LOOK_MILLISECONDS, { type: "look" });
      return null;
    },
    async receive(_state, message, context) {
      switch (message.type) {
        case "keeping":
          await answer(message.replyTo, keeping(options, context), context);
          break;
        case "remove":
          await answer(message.replyTo, remove(message, options, context), context);
          break;
        case "prune":
          await answer(message.replyTo, prune(message, options, context), context);
          break;
        case "look":
          context.after(LOOK_MILLISECONDS, { type: "look" });
          // What could not be done now is done at the next look.
          await goRound(options, context).catch(() => {});
          break;
        default:
          message satisfies never;
      }
      return next(null);
    },
  };
}

async function answer<T>(to: Ref<Reply<Kept<T>>>, work: Promise<T>, context: KeeperContext): Promise<void> {
  const kept = await work.then(
    (value) => ({ type: "done" as const, value }),
    (error) => ({ type: "failed" as const, reason: errorText(error) }),
  );
  reply(context, to, kept);
}

/** @throws {Error} where the supervisor does not say what is in use: then nothing is known to be free. */
async function askUse({ device }: KeeperOptions, context: KeeperContext): Promise<StoreUse> {
  const make = (replyTo: Ref<Reply<StoreUse>>) => ({ type: "store-use" as const, replyTo });
  const outcome = await context.ask(supervisorOf(device), make, { timeoutMs: USE_MILLISECONDS });
  if (outcome.type === "reply") return outcome.value;
  throw new Error(`What is in use is not known: ${outcome.reason}`);
}

/** Takes full stock. @throws {Error} as `askUse` does */
async function look(options: KeeperOptions, context: KeeperContext): Promise<Look> {
  const { store, pledges, room } = options;
  const use = await askUse(options, context);
  const inventory = await takeInventory(store);
  const blobs = new Set([...use.blobs, ...pledges.kept()]);
  const entries = entriesOf(inventory, { blobs, served: new Set(use.served) });
  const running = new Set(use.blobs);
  room.keptBytes = bytesOf(inventory.files.filter(({ sha256 }) => !running.has(sha256)));
  return { inventory, use, entries };
}

async function keeping(options: KeeperOptions, context: KeeperContext): Promise<Keeping> {
  const { inventory, use, entries } = await look(options, context);
  const { name, peers, room } = options;
  const names = new Map(peers().map((peer) => [peer.device, peer.name]));
  const models = await Promise.all(
    shelvedOf(inventory).map(async (model, at) => {
      const blobs = inventory.manifests[at]?.blocks.flatMap(weightBlobs) ?? [];
      const holders = new Set([...(await othersWith(blobs, [...names.keys()], "has", context)).values()].flat());
      const on = [...model.here.length > 0 ? [name] : [], ...[...holders].map((device) => names.get(device) ?? device)];
      return { ...model, on, serving: use.served.includes(model.id) };
    }),
  );
  const leftover = entries.filter(({ purpose }) => purpose === "piece" || purpose === "stray");
  return {
    models,
    keptBytes: room.keptBytes,
    ...(room.limitBytes === undefined ? {} : { limitBytes: room.limitBytes }),
    leftoverBytes: bytesOf(leftover.map(({ file }) => file)),
  };
}

async function remove(
  { model: wanted, force }: Extract<KeeperMessage, { type: "remove" }>,
  options: KeeperOptions,
  context: KeeperContext,
): Promise<Removed> {
  const { inventory, use, entries } = await look(options, context);
  const found = toRemove(wanted, shelvedOf(inventory), new Set(use.served), force);
  if (found.type === "refused") return found;
  const { id, name, hereBytes } = found.model;
  const gone = await discard(filesOf(id, entries), [id], options, context);
  // What runs goes on being described.
  if (!use.running.includes(id) && !use.served.includes(id)) await options.store.stock.forget(id);
  const bytes = bytesOf(gone);
  return {
    type: "removed",
    name,
    bytes,
    stayingBytes: Math.max(0, hereBytes - bytesOf(gone.filter((it) => it.complete))),
  };
}

async function prune(
  { all, dryRun }: Extract<KeeperMessage, { type: "prune" }>,
  options: KeeperOptions,
  context: KeeperContext,
): Promise<LetGo> {
  const { inventory, use, entries } = await look(options, context);
  const price = tidying(all);
  const asked = entries.filter((entry) => price(entry) !== undefined);
  const found = dryRun
    ? affordable(asked, price, await vouchers(asked, "has", options, context))
    : await letGo(asked, (able, have) => affordable(able, price, have), options, context);
  if (all && !dryRun) await forgetEmpty(found, use, options);
  return describeFiles(found, inventory.manifests);
}

/** What is not served and of which nothing is left is not listed any more. */
async function forgetEmpty(gone: readonly Entry[], use: StoreUse, { store }: KeeperOptions): Promise<void> {
  const { manifests, files } = await takeInventory(store);
  const left = new Set(files.map(({ sha256 }) => sha256));
  for (const model of new Set(gone.flatMap(({ models }) => models))) {
    const manifest = manifests.find(({ id }) => id === model);
    const empty = manifest !== undefined && !manifestBlobs(manifest).some(({ sha256 }) => left.has(sha256));
    if (empty && !use.served.includes(model) && !use.running.includes(model)) await store.stock.forget(model);
  }
}

/** Marks what runs as used, and keeps to the limit. Stock is taken only where there is one: a store has thousands of files. */
async function goRound(options: KeeperOptions, context: KeeperContext): Promise<void> {
  const { store, room, today } = options;
  for (const model of (await askUse(options, context)).running) await store.stock.touch(model, today());
  if (room.limitBytes !== undefined) await keepToLimit(room.limitBytes, options, context);
}

/** Lets go of what is more than the limit allows. */
async function keepToLimit(limit: number, options: KeeperOptions, context: KeeperContext): Promise<void> {
  const { room, announce } = options;
  const { entries } = await look(options, context);
  if (room.keptBytes <= limit) return void (room.warned = false);
  const gone = await letGo(entries, (able, have) => overflow(able, limit, have), options, context);
  room.keptBytes -= bytesOf(gone.map(({ file }) => file));
  const disk = `--disk allows ${formatBytes(limit)}`;
  if (gone.length > 0) {
    const bytes = bytesOf(gone.map(({ file }) => file));
    announce({ type: "discarded", bytes, reason: `${disk}, and other devices have them too` });
  }
  if (room.keptBytes <= limit || room.warned) return;
  room.warned = true;
  const message =
    `Blocks that do not run here take ${formatBytes(room.keptBytes)}, and ${disk}; no other device in reach ` +
    `has the rest. To remove a model: skein models rm.`;
  announce({ type: "warning", message });
}

/** Has files go that others vouch for; those that are gone. */
async function letGo(
  entries: readonly Entry[],
  choose: (able: readonly Entry[], vouchers: (sha256: string) => number) => readonly Entry[],
  options: KeeperOptions,
  context: KeeperContext,
): Promise<readonly Entry[]> {
  const { going, done } = options.pledges.begin(
    entries.flatMap(({ file, purpose }) => purpose === "used" ? [] : [file.sha256]),
  );
  try {
    const able = entries.filter(({ file, purpose }) => purpose === "used" || going.has(file.sha256));
    const chosen = choose(able, await vouchers(able, "vouch", options, context));
    const models = [...new Set(chosen.flatMap(({ models }) => models))];
    const gone = new Set(
      (await discard(chosen.map(({ file }) => file), models, options, context)).map(({ sha256 }) => sha256),
    );
    return chosen.filter(({ file }) => gone.has(file.sha256));
  } finally {
    done();
  }
}

/** How many other devices have a blob. */
async function vouchers(
  entries: readonly Entry[],
  how: "has" | "vouch",
  { peers }: KeeperOptions,
  context: KeeperContext,
): Promise<(sha256: string) => number> {
  const blobs = entries.filter(({ purpose }) => purpose === "served" || purpose === "stored").map(({ file }) => file);
  const found = await othersWith(blobs, peers().map(({ device }) => device), how, context);
  return (sha256) => found.get(sha256)?.length ?? 0;
}

async function discard(
  files: readonly StoredFile[],
  models: readonly string[],
  { device }: KeeperOptions,
  context: KeeperContext,
): Promise<readonly StoredFile[]> {
  const make = (replyTo: Ref<Reply<readonly StoredFile[]>>) => ({ type: "discard" as const, files, models, replyTo });
  const outcome = await context.ask(supervisorOf(device), make, { timeoutMs: DISCARD_MILLISECONDS });
  if (outcome.type === "reply") return outcome.value;
  throw new Error(`This device is loading blocks, and lets go of none meanwhile (${outcome.reason})`);
}
