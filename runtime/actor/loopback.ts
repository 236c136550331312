/** Transports between actor systems of one process, for tests: real frames, real order, and connections that can break. */
import type { Clock } from "../clock.ts";
import type { Channel, DeviceId, FrameListener, PeerEvent, Sent, Transport } from "../transport.ts";
import { createLane, type Lane, type LinkShape } from "./loopback-lane.ts";

export interface LoopbackOptions {
  /** Frames that may be under way from one device to another before more are refused as "overloaded". Default 10,000. */
  readonly capacity?: number;
  /** Bytes of the largest frame that each channel takes. Default: what the mesh allows, 1 MiB and 32 MiB. */
  readonly largest?: Readonly<Record<Channel, number>>;
  /** Keeps the time of links that have a shape. Without it frames take the next round of the event loop, whatever it is. */
  readonly clock?: Clock;
  /** The shape of every link until `shape` says otherwise. Default: no latency, no end to the bandwidth. */
  readonly link?: LinkShape;
}

export interface Loopback {
  /** Adds a device, connected with all others. */
  join(device: DeviceId): Transport;
  /** A device's process has ended: its connections break, and another may join under its name. */
  leave(device: DeviceId): void;
  /** Breaks a connection: what is under way is lost, and both hear of it at once. */
  disconnect(a: DeviceId, b: DeviceId): void;
  /** Connects two devices again. */
  connect(a: DeviceId, b: DeviceId): void;
  /** Gives the link between two devices a shape, both ways, for what is sent from now on. Throws without a clock. */
  shape(a: DeviceId, b: DeviceId, link: LinkShape): void;
  /** The devices that a device is connected with. */
  peersOf(device: DeviceId): readonly DeviceId[];
}

interface Member {
  readonly frames: Set<FrameListener>;
  readonly peers: Set<(event: PeerEvent) => void>;
}

const LARGEST = { control: 1024 * 1024, tensors: 32 * 1024 * 1024 };

/** Makes a network without devices. */
export function createLoopback(options: LoopbackOptions = {}): Loopback {
  return new LoopbackNetwork(options);
}

class LoopbackNetwork implements Loopback {
  readonly #options: LoopbackOptions;
  readonly #members = new Map<DeviceId, Member>();
  readonly #lanes = new Map<string, Lane>();
  readonly #shapes = new Map<string, LinkShape>();

  constructor(options: LoopbackOptions) {
    this.#options = options;
    if (options.link !== undefined) this.#checkClock();
  }

  join(device: DeviceId): Transport {
    if (this.#members.has(device)) throw new Error(`join: ${device} is a member already`);
    const member: Member = { frames: new Set(), peers: new Set() };
    const others = [...this.#members.keys()];
    this.#members.set(device, member);
    for (const other of others) this.connect(device, other);
    return {
      self: device,
      isConnected: (to) => this.#lanes.has(`${device} ${to}`),
      send: (to, channel, frame) => this.#send(`${device} ${to}`, channel, frame),
      onFrame: (listener) => add(member.frames, listener),
      onPeer: (listener) => add(member.peers, listener),
    };
  }

  leave(device: DeviceId): void {
    for (const peer of this.peersOf(device)) this.disconnect(device, peer);
    this.#members.delete(device);
  }

  connect(a: DeviceId, b: DeviceId): void {
    if (a === b || !this.#members.has(a) || !this.#members.has(b) || this.#lanes.has(`${a} ${b}`)) return;
    for (const [from, to] of [[a, b], [b, a]] as const) {
      const deliver = (channel: Channel, frame: Uint8Array): void => {
        for (const listener of this.#members.get(to)?.frames ?? []) listener(from, channel, frame);
      };
      this.#lanes.set(`${from} ${to}`, createLane(deliver, this.#options.clock));
    }
    this.#announce("up", a, b);
  }

  disconnect(a: DeviceId, b: DeviceId): void {
    for (const key of [`${a} ${b}`, `${b} ${a}`]) {
      const lane = this.#lanes.get(key);
      if (lane === undefined) return;
      lane.close();
      this.#lanes.delete(key);
    }
    this.#announce("down", a, b);
  }

  shape(a: DeviceId, b: DeviceId, link: LinkShape): void {
    this.#checkClock();
    for (const key of [`${a} ${b}`, `${b} ${a}`]) this.#shapes.set(key, link);
  }

  peersOf(device: DeviceId): readonly DeviceId[] {
    return [...this.#members.keys()].filter((to) => this.#lanes.has(`${device} ${to}`));
  }

  #send(way: string, channel: Channel, frame: Uint8Array): Sent {
    const { capacity = 10_000, largest = LARGEST, link } = this.#options;
    const lane = this.#lanes.get(way);
    if (lane === undefined) return "unreachable";
    if (frame.byteLength > largest[channel]) return "too-large";
    if (lane.waiting() >= capacity) return "overloaded";
    lane.put(channel, frame, this.#shapes.get(way) ?? link);
    return "sent";
  }

  #announce(type: PeerEvent["type"], a: DeviceId, b: DeviceId): void {
    for (const listener of this.#members.get(a)?.peers ?? []) listener({ type, device: b });
    for (const listener of this.#members.get(b)?.peers ?? []) listener({ type, device: a });
  }

  #checkClock(): void {
    if (this.#options.clock !== undefined) return;
    throw new Error("loopback: a link with a shape needs a clock to keep its time");
  }
}

function add<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => void set.delete(item);
}
