import { type Clock, every, systemClock, within } from "../clock.ts";
import type { Channel } from "../transport.ts";
import type { Mesh, MeshEvent, NamedPeerEvent } from "./contract.ts";
import { createDialer } from "./dialer.ts";
import { createDirectory } from "./directory.ts";
import { createDiscovery } from "./discovery.ts";
import { createGatekeeper } from "./gatekeeper.ts";
import { readIdentity } from "./identity.ts";
import { encodeInvite } from "./invite.ts";
import { deriveKeys } from "./key.ts";
import { HEARTBEAT_INTERVAL, MAX_PEERS, PROTOCOL_VERSION, SILENCE_CHECK_INTERVAL, STOP_TIMEOUT } from "./limits.ts";
import { createListeners } from "./listeners.ts";
import { createStallMeter } from "./liveness.ts";
import { createMembership } from "./membership.ts";
import { checkName } from "./messages.ts";
import { createNode } from "./node.ts";
import { createRoster } from "./roster.ts";

export interface MeshOptions {
  /** The device's private key, from `createIdentity`. */
  readonly identity: Uint8Array;
  /** The mesh key, 32 bytes, from `createMeshKey` or an invite. */
  readonly key: Uint8Array;
  /** What people call this device: 1 to 64 printable characters. Only members learn it. */
  readonly name: string;
  /** What people call the mesh; goes into invites. Default: nothing. */
  readonly mesh?: string;
  /** Multiaddrs to listen on. Default: any port on all IPv4 addresses. */
  readonly listen?: readonly string[];
  /** Multiaddrs of members, from an invite: dialled until met. Default: none. */
  readonly join?: readonly string[];
  /** Whether to look for members on the local network. Default: true. */
  readonly mdns?: boolean;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Hears every event from the very start, before `onEvent` can be called. Default: nobody. */
  readonly log?: (event: MeshEvent) => void;
  /** The protocol version to speak. Default: this code's. For tests. */
  readonly protocol?: number;
}

/**
 * Starts this device's part of a mesh and resolves when it listens. Throws a RangeError or TypeError if an option is wrong,
 * and an Error if it cannot listen.
 */
export async function createMesh(options: MeshOptions): Promise<Mesh> {
  const { name, clock = systemClock, listen = ["/ip4/0.0.0.0/tcp/0"] } = options;
  checkName(name);
  const keys = await deriveKeys(options.key);
  const privateKey = readIdentity(options.identity);

  const failed = (error: unknown): void => {
    const sentence = `A listener of the mesh failed: ${error instanceof Error ? error.stack : String(error)}`;
    emit({ type: "listener-failed", sentence });
  };
  const frameListeners = createListeners<[string, Channel, Uint8Array]>(failed);
  const peerListeners = createListeners<[NamedPeerEvent]>(failed);
  // What listens for failures cannot tell of its own.
  const eventListeners = createListeners<[MeshEvent]>(() => {});
  if (options.log !== undefined) eventListeners.add(options.log);
  const emit = (event: MeshEvent): void => eventListeners.call(event);

  const directory = createDirectory();
  const gater = createGatekeeper({ clock, emit, objection: (device) => membership.objection(device) });
  const { libp2p, components } = await createNode({ privateKey, preSharedKey: keys.preSharedKey, listen, gater });
  const self = libp2p.peerId.toString();
  const membership = createMembership({
    self,
    clock,
    directory,
    emit,
    peers: () => roster.peers(),
    sendMembers: (device, members) => roster.get(device)?.sendMembers(members),
  });
  const roster = createRoster({
    libp2p,
    hello: { protocol: options.protocol ?? PROTOCOL_VERSION, name },
    clock,
    onUp(peer) {
      peerListeners.call({ type: "up", device: peer.device, name: peer.name });
      membership.changed();
    },
    onFrame: frameListeners.call,
    onMembers: (device, members) => {
      membership.heard(device, members);
      dialDue();
    },
    onEnd(device, peer, ending) {
      if (peer !== undefined) {
        peerListeners.call({ type: "down", device, name: peer.name, reason: ending.sentence });
      }
      membership.ended(device, peer, ending);
    },
  });
  const abort = new AbortController();
  const dialDue = createDialer({
    libp2p,
    directory,
    clock,
    signal: abort.signal,
    connected: roster.connected,
    room: () => roster.peers().length < MAX_PEERS,
    emit,
  });
  const discovery = createDiscovery({
    components,
    serviceTag: keys.serviceTag,
    onDevice(device, addresses) {
      membership.sighted(device, addresses);
      dialDue();
    },
    onFailure: (sentence) => emit({ type: "discovery-failed", sentence }),
  });

  const addresses = (): string[] => libp2p.getMultiaddrs().map((address) => address.toString());
  const timers: (() => void)[] = [];
  let stopping: Promise<void> | undefined;

  async function start(): Promise<void> {
    libp2p.addEventListener("peer:identify", ({ detail }) => {
      membership.identified(detail.peerId.toString(), detail.listenAddrs.map((address) => address.toString()));
    });
    await roster.start();
    try {
      await libp2p.start();
    } catch (cause) {
      throw new Error(`Cannot listen on ${listen.join(", ")}: is the port in use, or the address not this device's?`, {
        cause,
      });
    }
    emit({ type: "listening", addresses: addresses() });
    const stalled = createStallMeter(SILENCE_CHECK_INTERVAL, clock.now());
    timers.push(
      every(clock, HEARTBEAT_INTERVAL, () => {
        for (const session of roster.sessions()) session.heartbeat();
      }),
      every(clock, SILENCE_CHECK_INTERVAL, () => {
        const stall = stalled(clock.now());
        for (const session of roster.sessions()) session.checkSilence(stall);
        dialDue();
      }),
    );
    membership.join(options.join ?? []);
    dialDue();
    if (options.mdns !== false) await discovery.start();
  }

  async function stop(): Promise<void> {
    for (const cancel of timers) cancel();
    abort.abort();
    membership.stop();
    // Goodbyes first. None of these should take long; a socket that does not close must not keep the device from leaving.
    await within(clock, STOP_TIMEOUT, roster.stop());
    await within(clock, STOP_TIMEOUT, discovery.stop());
    await within(clock, STOP_TIMEOUT, Promise.resolve(libp2p.stop()));
  }

  await start();
  return {
    self,
    name,
    addresses,
    memberAddresses: () =>
      [...directory.all()].filter(({ trusted }) => trusted).slice(0, MAX_PEERS).flatMap(({ device, addresses }) => {
        const suffix = device === undefined ? "" : `/p2p/${device}`;
        return addresses.map((address) => address.includes("/p2p/") ? address : `${address}${suffix}`);
      }),
    peers: roster.peers,
    isConnected: (device) => roster.get(device)?.isUp() ?? false,
    send: (device, channel, frame) => roster.get(device)?.send(channel, frame) ?? "unreachable",
    onFrame: frameListeners.add,
    onPeer: peerListeners.add,
    onEvent: eventListeners.add,
    invite: () =>
      encodeInvite({ key: options.key, addresses: membership.inviteAddresses(addresses()), ...named(options) }),
    stop: () => stopping ??= stop(),
    [Symbol.asyncDispose]: () => stopping ??= stop(),
  };
}

function named({ mesh }: MeshOptions): { mesh?: string } {
  return mesh === undefined ? {} : { mesh };
}
