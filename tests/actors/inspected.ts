/** What a made-up device counts, how its segment does, and what its machine says: for tests of those who show it. */
import type { ExecutorLook } from "../../actors/executor/protocol.ts";
import type { Host } from "../../actors/host.ts";
import type { DeviceView } from "../../actors/inspector/protocol.ts";
import type { Counters } from "../../runtime/actor/mod.ts";

/** Nothing has happened. */
export const NO_COUNTERS: Counters = {
  framesIn: 0,
  framesOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  dropped: {
    "overloaded": 0,
    "too-large": 0,
    "dead": 0,
    "expired": 0,
    "stopped": 0,
    "unreachable": 0,
    "refused": 0,
    "malformed": 0,
  },
};

/** A segment at work. */
export const LOOK: ExecutorLook = {
  slots: { taken: 1, all: 4 },
  waiting: 2,
  queued: { decode: 1, prefill: 0 },
  steps: 9,
  rowsPerStep: 1.5,
  tokensPerSecond: 20,
};

/** A machine with 1000 of 4000 bytes free. */
export const HOST: Host = {
  readMemory: () => Promise.resolve({ totalBytes: 4000, availableBytes: 1000 }),
  readFreeDisk: () => Promise.resolve(500),
  readSensors: () => Promise.resolve({ cores: 2, load: 0.5 }),
  processBytes: () => 10,
};

function actorAt(path: string): DeviceView["actors"][number] {
  return {
    path,
    state: "running",
    mailbox: 2,
    mailboxBound: 1024,
    handled: 5,
    meanMilliseconds: 1,
    lastMilliseconds: 1,
    restarts: 1,
  };
}

/** A device with one segment, which leads. */
export const VIEW: DeviceView = {
  device: "a",
  name: "laptop",
  leader: "a",
  term: 1,
  memory: { usableBytes: 1000, totalBytes: 4000, processBytes: 100 },
  speed: { slowdown: 1, work: [] },
  sensors: { cores: 2, load: 0.5 },
  links: [{ device: "b", name: "board", roundTripMilliseconds: 2 }],
  segments: [{
    path: "/supervisor/executor-1",
    model: "0123",
    modelName: "m",
    first: 0,
    last: 3,
    bytes: 200,
    weightBytes: 100,
    look: LOOK,
  }],
  actors: [actorAt("/supervisor/leader"), actorAt("/supervisor/gateway/answer-7")],
};
