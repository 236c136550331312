/** A device as an inspector sees it. */
import type { ActorSnapshot } from "../../runtime/actor/mod.ts";
import type { Device } from "../device.ts";
import { measureMemory } from "../monitor/behaviour.ts";
import type { Held } from "./held.ts";
import type { ActorRow, DeviceView } from "./protocol.ts";

/** What a supervisor knows that its device does not. */
export interface Viewed {
  readonly leader: string | undefined;
  readonly term: number;
  readonly held: readonly Held[];
}

/** Looks at a device: memory, speeds, links, segments, actors. */
export async function viewOf(
  { leader, term, held }: Viewed,
  device: Device,
  heldBytes: number,
  actors: readonly ActorSnapshot[],
): Promise<DeviceView> {
  const measured = new Map(device.links.report().map((link) => [link.from, link]));
  return {
    device: device.id,
    name: device.name,
    leader,
    term,
    memory: { ...await measureMemory(device, heldBytes), processBytes: device.processBytes() },
    speed: {
      slowdown: device.slowdown,
      rates: await device.rates().catch(() => undefined),
      work: device.work.models().map((model) => ({ model, blocks: device.work.of(model) })),
    },
    sensors: await device.readSensors(),
    links: device.peers().map(({ device: from, name, roundTripMs }) => ({
      device: from,
      name,
      roundTripMilliseconds: roundTripMs,
      bytesPerSecond: measured.get(from)?.bytesPerSecond,
    })),
    segments: held.map(({ ref, assignment: { manifest, first, last, bytes } }) => ({
      path: ref.path,
      first,
      last,
      bytes,
      weightBytes: manifest.blocks.slice(first, last + 1).reduce((sum, block) => sum + block.memoryBytes, 0),
    })),
    actors: actors.map(rowOf),
  };
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
