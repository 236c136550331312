import { type Clock, every, systemClock, within } from "../clock.ts";
import type { Channel, Sent } from "../transport.ts";
import type { Mesh, MeshEvent, NamedPeerEvent, Peer } from "./contract.ts";
import { createDialer } from "./dialer.ts";
import { type Directory, hurry } from "./directory.ts";
import { createDiscovery, type Discovery } from "./discovery.ts";
import { encodeInvite } from "./invite.ts";
import {
  HEARTBEAT_INTERVAL,
  MAX_PEERS,
  PROTOCOL_VERSION,
  SILENCE_CHECK_INTERVAL,
  SLEPT,
  STOP_TIMEOUT,
} from "./limits.ts";
import type { Listeners } from "./listeners.ts";
import { createSleepMeter, createStallMeter } from "./liveness.ts";
import { createMembership, type Membership } from "./membership.ts";
import { ANY_PORT, type MeshOptions } from "./mesh-options.ts";
import type { Node } from "./node.ts";
import { createRoster, type Roster } from "./roster.ts";
import type { Ending } from "./session.ts";

/** Those who listen to a mesh. */
export interface MeshListeners {
  readonly events: Listeners<[MeshEvent]>;
  readonly frames: Listeners<[string, Channel, Uint8Array]>;
  readonly peers: Listeners<[NamedPeerEvent]>;
}

/** What a mesh is made of that is there before it. */
export interface Foundation {
  readonly node: Node;
  /** The name under which the members of this mesh look for each other. */
  readonly serviceTag: string;
  readonly directory: Directory;
  readonly listeners: MeshListeners;
}

/** Puts the parts together: each tells the mesh what it learns, and the mesh tells those whom it concerns. */
export class MeshDevice implements Mesh {
  readonly self: string;
  readonly name: string;
  readonly onFrame: Mesh["onFrame"];
  readonly onPeer: Mesh["onPeer"];
  readonly onEvent: Mesh["onEvent"];
  readonly #options: MeshOptions;
  readonly #clock: Clock;
  readonly #node: Node;
  readonly #directory: Directory;
  readonly #listeners: MeshListeners;
  readonly #membership: Membership;
  readonly #roster: Roster;
  readonly #discovery: Discovery;
  readonly #dialDue: () => void;
  readonly #abort = new AbortController();
  readonly #timers: (() => void)[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: MeshOptions, { node, serviceTag, directory, listeners }: Foundation) {
    this.self = node.libp2p.peerId.toString();
    this.name = options.name;
    this.onFrame = listeners.frames.add;
    this.onPeer = listeners.peers.add;
    this.onEvent = listeners.events.add;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#node = node;
    this.#directory = directory;
    this.#listeners = listeners;
    this.#membership = this.#createMembership();
    this.#roster = this.#createRoster();
    this.#dialDue = this.#createDialer();
    this.#discovery = this.#createDiscovery(serviceTag);
  }

  /** Listens, and meets who can be met. */
  async start(): Promise<void> {
    const { join = [], mdns = true } = this.#options;
    this.#node.libp2p.addEventListener("peer:identify", ({ detail }) => {
      const addresses = detail.listenAddrs.map((address) => address.toString());
      this.#membership.identified(detail.peerId.toString(), addresses);
    });
    await this.#roster.start();
    await this.#listen();
    this.#emit({ type: "listening", addresses: this.addresses() });
    this.#startTimers();
    this.#membership.join(join);
    this.#dialDue();
    if (mdns) await this.#discovery.start();
  }

  addresses(): string[] {
    return this.#node.libp2p.getMultiaddrs().map((address) => address.toString());
  }

  memberAddresses(): string[] {
    const trusted = [...this.#directory.all()].filter((target) => target.trusted).slice(0, MAX_PEERS);
    return trusted.flatMap(({ device, addresses }) => {
      const suffix = device === undefined ? "" : `/p2p/${device}`;
      return addresses.map((address) => address.includes("/p2p/") ? address : `${address}${suffix}`);
    });
  }

  peers(): Peer[] {
    return this.#roster.peers();
  }

  isConnected(device: string): boolean {
    return this.#roster.get(device)?.isUp() ?? false;
  }

  send(device: string, channel: Channel, frame: Uint8Array): Sent {
    return this.#roster.get(device)?.send(channel, frame) ?? "unreachable";
  }

  invite(): string {
    const { key, mesh } = this.#options;
    const addresses = this.#membership.inviteAddresses(this.addresses());
    return encodeInvite({ key, addresses, ...(mesh === undefined ? {} : { mesh }) });
  }

  /** Why a device may not connect now, or undefined. */
  objection(device: string): string | undefined {
    return this.#membership.objection(device);
  }

  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    for (const cancel of this.#timers) cancel();
    this.#abort.abort();
    this.#membership.stop();
    // Goodbyes first. None of these should take long; a socket that does not close must not keep the device from leaving.
    await within(this.#clock, STOP_TIMEOUT, this.#roster.stop());
    await within(this.#clock, STOP_TIMEOUT, this.#discovery.stop());
    await within(this.#clock, STOP_TIMEOUT, Promise.resolve(this.#node.libp2p.stop()));
  }

  async #listen(): Promise<void> {
    try {
      await this.#node.libp2p.start();
    } catch (cause) {
      const { listen = ANY_PORT } = this.#options;
      throw new Error(`Cannot listen on ${listen.join(", ")}: is the port in use, or the address not this device's?`, {
        cause,
      });
    }
  }

  #startTimers(): void {
    const clock = this.#clock;
    const stalled = createStallMeter(SILENCE_CHECK_INTERVAL, clock.now());
    const wall = this.#options.wall ?? Date.now;
    const slept = createSleepMeter(SILENCE_CHECK_INTERVAL, { now: () => clock.now(), wall });
    this.#timers.push(
      every(clock, HEARTBEAT_INTERVAL, () => {
        for (const session of this.#roster.sessions()) session.heartbeat();
      }),
      every(clock, SILENCE_CHECK_INTERVAL, () => {
        const stall = stalled(clock.now());
        for (const session of this.#roster.sessions()) session.checkSilence(stall);
        if (slept() >= SLEPT) this.#wake();
        this.#dialDue();
      }),
    );
  }

  /** This device has slept: whom it knows is asked, or dialled at once, whatever was tried in vain before. */
  #wake(): void {
    for (const session of this.#roster.sessions()) session.doubt();
    hurry(this.#directory, this.#clock.now());
  }

  #emit(event: MeshEvent): void {
    this.#listeners.events.call(event);
  }

  #createMembership(): Membership {
    return createMembership({
      self: this.self,
      clock: this.#clock,
      directory: this.#directory,
      emit: (event) => this.#emit(event),
      peers: () => this.#roster.peers(),
      sendMembers: (device, members) => this.#roster.get(device)?.sendMembers(members),
    });
  }

  #createRoster(): Roster {
    return createRoster({
      libp2p: this.#node.libp2p,
      hello: { protocol: this.#options.protocol ?? PROTOCOL_VERSION, name: this.name },
      clock: this.#clock,
      onUp: ({ device, name }) => {
        this.#listeners.peers.call({ type: "up", device, name });
        this.#membership.changed();
      },
      onFrame: this.#listeners.frames.call,
      onMembers: (device, members) => {
        this.#membership.heard(device, members);
        this.#dialDue();
      },
      onEnd: (device, peer, ending) => this.#onEnd(device, peer, ending),
    });
  }

  #onEnd(device: string, peer: Peer | undefined, ending: Ending): void {
    if (peer !== undefined) {
      this.#listeners.peers.call({ type: "down", device, name: peer.name, reason: ending.sentence });
    }
    this.#membership.ended(device, peer, ending);
  }

  #createDialer(): () => void {
    return createDialer({
      libp2p: this.#node.libp2p,
      directory: this.#directory,
      clock: this.#clock,
      signal: this.#abort.signal,
      connected: (device) => this.#roster.connected(device),
      room: () => this.#roster.peers().length < MAX_PEERS,
      emit: (event) => this.#emit(event),
    });
  }

  #createDiscovery(serviceTag: string): Discovery {
    return createDiscovery({
      components: this.#node.components,
      serviceTag,
      onDevice: (device, addresses) => {
        this.#membership.sighted(device, addresses);
        this.#dialDue();
      },
      onFailure: (sentence) => this.#emit({ type: "discovery-failed", sentence }),
    });
  }
}
