/** Transports between actor systems of one process, for tests: real frames, real order, and connections that can break. */
import type { Channel, DeviceId } from "./ref.ts";
import type { FrameListener, PeerEvent, Transport } from "../transport.ts";

export interface LoopbackOptions {
  /** Frames that may be under way from one device to another before more are refused as "overloaded". Default 10,000. */
  readonly capacity?: number;
  /** Bytes of the largest frame that each channel takes. Default: what the mesh allows, 1 MiB and 32 MiB. */
  readonly largest?: Readonly<Record<Channel, number>>;
}

export interface Loopback {
  /** Adds a device, connected with all others. */
  join(device: DeviceId): Transport;
  /** Breaks a connection: what is under way is lost, and both hear of it at once. */
  disconnect(a: DeviceId, b: DeviceId): void;
  /** Connects two devices again. */
  connect(a: DeviceId, b: DeviceId): void;
  /** The devices that a device is connected with. */
  peersOf(device: DeviceId): readonly DeviceId[];
}

interface Member {
  readonly frames: Set<FrameListener>;
  readonly peers: Set<(event: PeerEvent) => void>;
}

/** A connection's frames under way, in one direction. Its `open` ends with the connection. */
interface Way {
  open: boolean;
  readonly queue: { readonly channel: Channel; readonly frame: Uint8Array }[];
}

const LARGEST = { control: 1024 * 1024, tensors: 32 * 1024 * 1024 };

/** Makes a network without devices. */
export function createLoopback({ capacity = 10_000, largest = LARGEST }: LoopbackOptions = {}): Loopback {
  const members = new Map<DeviceId, Member>();
  const ways = new Map<string, Way>();
  return {
    join,
    disconnect,
    connect,
    peersOf: (device) => [...members.keys()].filter((to) => ways.has(`${device} ${to}`)),
  };

  function join(device: DeviceId): Transport {
    if (members.has(device)) throw new Error(`join: ${device} is a member already`);
    const member: Member = { frames: new Set(), peers: new Set() };
    const others = [...members.keys()];
    members.set(device, member);
    for (const other of others) connect(device, other);
    return {
      self: device,
      isConnected: (to) => ways.has(`${device} ${to}`),
      send(to, channel, frame) {
        const way = ways.get(`${device} ${to}`);
        if (way === undefined) return "unreachable";
        if (frame.byteLength > largest[channel]) return "too-large";
        if (way.queue.length >= capacity) return "overloaded";
        way.queue.push({ channel, frame });
        if (way.queue.length === 1) setImmediate(() => carry(way, device, to));
        return "sent";
      },
      onFrame: (listener) => add(member.frames, listener),
      onPeer: (listener) => add(member.peers, listener),
    };
  }

  function carry(way: Way, from: DeviceId, to: DeviceId): void {
    if (!way.open) return;
    const frames = way.queue.splice(0);
    for (const { channel, frame } of frames) {
      if (!way.open) return;
      for (const listener of members.get(to)?.frames ?? []) listener(from, channel, frame);
    }
  }

  function connect(a: DeviceId, b: DeviceId): void {
    if (a === b || !members.has(a) || !members.has(b) || ways.has(`${a} ${b}`)) return;
    ways.set(`${a} ${b}`, { open: true, queue: [] });
    ways.set(`${b} ${a}`, { open: true, queue: [] });
    announce("up", a, b);
  }

  function disconnect(a: DeviceId, b: DeviceId): void {
    for (const key of [`${a} ${b}`, `${b} ${a}`]) {
      const way = ways.get(key);
      if (way === undefined) return;
      way.open = false;
      ways.delete(key);
    }
    announce("down", a, b);
  }

  function announce(type: PeerEvent["type"], a: DeviceId, b: DeviceId): void {
    for (const listener of members.get(a)?.peers ?? []) listener({ type, device: b });
    for (const listener of members.get(b)?.peers ?? []) listener({ type, device: a });
  }
}

function add<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => void set.delete(item);
}
