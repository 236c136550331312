import { type Clock, systemClock, within } from "../clock.ts";
import type { Channel, Sent } from "../transport.ts";
import type { Grant } from "./admission.ts";
import type { KeyChange } from "./change.ts";
import type { InviteOptions, Mesh, MeshEvent, Peer, Ways } from "./contract.ts";
import { createDialer } from "./dialer.ts";
import { type Directory, hurry, memberAddressesIn } from "./directory.ts";
import { createDiscovery, type Discovery } from "./discovery.ts";
import type { Door } from "./door.ts";
import type { Doubles } from "./doubles.ts";
import type { Foundation, MeshListeners } from "./foundation.ts";
import { openInvite } from "./invites.ts";
import { MAX_PEERS, PROTOCOL_VERSION, STOP_TIMEOUT } from "./limits.ts";
import { createMembership, hearWhereabouts, type Membership } from "./membership.ts";
import { ANY_PORT, type MeshOptions } from "./mesh-options.ts";
import type { Node } from "./node.ts";
import { type KnownDevice, NO_RECORD } from "./record.ts";
import { Rekeying } from "./rekeying.ts";
import { createRenewal } from "./renewal.ts";
import { createRoster, type Roster } from "./roster.ts";
import type { Ending } from "./session.ts";
import { tendSessions } from "./tending.ts";
import { tryWays } from "./ways.ts";
import type { PrivateKey } from "@libp2p/interface";

/** How a session ends with a device that is put out. */
const FORGOTTEN: Ending = { why: "forgotten", sentence: "it was put out of the mesh" };

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
  readonly #rekeying: Rekeying;
  readonly #door: Door;
  #discovery: Discovery;
  readonly #doubles: Doubles;
  readonly #dialDue: () => void;
  readonly #abort = new AbortController();
  readonly #timers: (() => void)[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: MeshOptions, { node, door, doubles, privateKey, serviceTag, directory, listeners }: Foundation) {
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
    this.#door = door;
    this.#doubles = doubles;
    this.#rekeying = this.#createRekeying(privateKey);
    this.#membership = this.#createMembership();
    this.#roster = this.#createRoster();
    this.#dialDue = this.#createDialer(privateKey);
    this.#discovery = this.#createDiscovery(serviceTag);
  }

  /** Listens, and meets who can be met. */
  async start(): Promise<void> {
    const { join = [], mdns = true } = this.#options;
    hearWhereabouts(this.#node.libp2p, this.#membership);
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
    return memberAddressesIn(this.#directory, MAX_PEERS);
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

  invite(options?: InviteOptions): string {
    const isForgotten = (device: string) => this.isForgotten(device);
    const context = { door: this.#door, clock: this.#clock, now: Date.now, isForgotten };
    const { text, close } = openInvite(context, this.#membership.inviteAddresses(this.addresses()), options);
    this.#timers.push(close);
    return text;
  }

  devices(): readonly KnownDevice[] {
    return this.#rekeying.devices;
  }

  forget(device: string): Promise<void> {
    return this.#rekeying.forget(device);
  }

  isForgotten(device: string): boolean {
    return this.#rekeying.isForgotten(device);
  }

  waysTo(device: string): Promise<Ways> {
    const { libp2p } = this.#node;
    const { mdns = true } = this.#options;
    return tryWays(device, {
      libp2p,
      directory: this.#directory,
      clock: this.#clock,
      signal: this.#abort.signal,
      mdns,
    });
  }

  /** What a device is given that may come in. */
  readonly grant = (): Grant => this.#rekeying.grant();

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
    const { wall = Date.now } = this.#options;
    const [clock, roster, directory, dialDue] = [this.#clock, this.#roster, this.#directory, this.#dialDue];
    this.#timers.push(...tendSessions({ clock, wall, roster, directory, dialDue }));
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
      isForgotten: (device) => this.isForgotten(device),
      sendMembers: (device, members) => this.#roster.get(device)?.sendMembers(members),
      sightedSelf: (addresses) => this.#doubles.sightedSelf(addresses),
    });
  }

  #createRoster(): Roster {
    return createRoster({
      libp2p: this.#node.libp2p,
      hello: {
        protocol: this.#options.protocol ?? PROTOCOL_VERSION,
        name: this.name,
        version: this.#options.version ?? "",
      },
      clock: this.#clock,
      isDouble: (device) => this.#doubles.isDouble(device),
      onUp: ({ device, name, version }) => {
        // It may have shown the key of before just before it changed.
        if (this.#rekeying.isForgotten(device)) return this.#roster.get(device)?.end(FORGOTTEN);
        this.#rekeying.met(device, name, version);
        this.#listeners.peers.call({ type: "up", device, name });
        this.#membership.changed();
      },
      onFrame: this.#listeners.frames.call,
      onMembers: (device, members) => {
        this.#membership.heard(device, members);
        this.#dialDue();
      },
      onChange: (device, change) => void this.#rekeying.heard(device, change),
      onEnd: (device, peer, ending) => this.#onEnd(device, peer, ending),
    });
  }

  #onEnd(device: string, peer: Peer | undefined, ending: Ending): void {
    if (peer !== undefined) {
      if (ending.why !== "forgotten") this.#rekeying.met(device, peer.name, peer.version);
      this.#listeners.peers.call({ type: "down", device, name: peer.name, reason: ending.sentence });
    }
    this.#membership.ended(device, peer, ending);
  }

  #createRekeying(identity: PrivateKey): Rekeying {
    const { key, record = NO_RECORD, keep = () => Promise.resolve() } = this.#options;
    return new Rekeying({
      ...{ self: this.self, identity, key, record, keep, door: this.#door, now: Date.now },
      addresses: () => [...this.addresses(), ...this.memberAddresses()].slice(0, MAX_PEERS),
      tell: (device, change) => this.#roster.get(device)?.sendChange(change),
      changed: (change, serviceTag) => this.#changed(change, serviceTag),
      emit: (event) => this.#emit(event),
    });
  }

  /** A change of the key is in force: who is out goes, the others hear of it, and are looked for by another name. */
  #changed(change: KeyChange, serviceTag: string): void {
    for (const device of change.forgotten) this.#roster.get(device)?.end(FORGOTTEN);
    for (const session of this.#roster.sessions()) session.sendChange(change);
    const { mdns = true } = this.#options;
    const before = this.#discovery;
    this.#discovery = this.#createDiscovery(serviceTag);
    if (mdns) void before.stop().then(() => this.#stopping ?? this.#discovery.start());
  }

  #createDialer(identity: PrivateKey): () => void {
    const renew = createRenewal({
      ...{ self: this.self, identity, rekeying: this.#rekeying },
      emit: (event) => this.#emit(event),
      renewed: () => {
        hurry(this.#directory, this.#clock.now());
        this.#dialDue();
      },
    });
    return createDialer({
      onWrongKey: renew,
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
