/** A device as an inspector sees it. */
import type { ComputeRates } from "../../models/compute/mod.ts";
import type { ActorSnapshot } from "../../runtime/actor/mod.ts";
import type { Host, Peers } from "../host.ts";
import type { Links } from "../monitor/links.ts";
import { measureMemory } from "../monitor/memory.ts";
import type { WorkTimes } from "../monitor/work-times.ts";
import { type Held, heldBytes } from "./held.ts";
import type { ActorRow, DeviceView } from "./protocol.ts";

/** What a view is made from. */
export interface ViewOptions {
  readonly device: string;
  readonly name: string;
  readonly host: Host;
  readonly memoryLimitBytes?: number | undefined;
  readonly slowdown: number;
  readonly rates: () => Promise<ComputeRates>;
  readonly peers: Peers;
  readonly links: Links;
  readonly work: WorkTimes;
  readonly actors: () => readonly ActorSnapshot[];
}

/** What the supervisor adds to it. */
export interface Viewed {
  readonly leader: string | undefined;
  readonly term: number;
  readonly held: readonly Held[];
}

/** Looks at a device: memory, speeds, links, segments, actors. */
export async function viewOf({ leader, term, held }: Viewed, options: ViewOptions): Promise<DeviceView> {
  const { device, name, host, slowdown, rates, work, actors } = options;
  return {
    device,
    name,
    leader,
    term,
    memory: { ...await measureMemory(options, heldBytes(held)), processBytes: host.processBytes() },
    speed: {
      slowdown,
      rates: await rates().catch(() => undefined),
      work: work.models().map((model) => ({ model, blocks: work.of(model) })),
    },
    sensors: await host.readSensors(),
    links: linkRows(options),
    segments: held.map(({ ref, assignment: { manifest, first, last, bytes } }) => ({
      path: ref.path,
      first,
      last,
      bytes,
      weightBytes: manifest.blocks.slice(first, last + 1).reduce((sum, block) => sum + block.memoryBytes, 0),
    })),
    actors: actors().map(rowOf),
  };
}

function linkRows({ peers, links }: ViewOptions): DeviceView["links"] {
  const measured = new Map(links.report().map((link) => [link.from, link]));
  return peers().map(({ device, name, roundTripMs }) => ({
    device,
    name,
    roundTripMilliseconds: roundTripMs,
    bytesPerSecond: measured.get(device)?.bytesPerSecond,
  }));
}

function rowOf(actor: ActorSnapshot): ActorRow {
  return {
    path: actor.path,
    state: actor.state,
    mailbox: actor.mailbox,
    mailboxBound: actor.mailboxBound,
    handled: actor.handled,
    meanMilliseconds: actor.meanMs,
    lastMilliseconds: actor.lastMs,
    restarts: actor.restarts,
  };
}
