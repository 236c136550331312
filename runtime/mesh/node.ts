import { yamux } from "@chainsafe/libp2p-yamux";
import { identify } from "@libp2p/identify";
import type { ConnectionGater, Libp2p, PrivateKey } from "@libp2p/interface";
import type { MulticastDNSComponents } from "@libp2p/mdns";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { createLibp2p, type Libp2pOptions } from "libp2p";
import { calmNoise } from "./calm-noise.ts";
import type { Door } from "./door.ts";
import { drawAgent } from "./doubles.ts";
import {
  ADDRESS_DIAL_TIMEOUT,
  CLOSE_TIMEOUT,
  DIAL_TIMEOUT,
  HANDSHAKE_TIMEOUT,
  MAX_ADDRESSES,
  MAX_CONNECTIONS,
  MAX_DIALS,
  MAX_INBOUND_RATE,
  MAX_KNOWN_DEVICES,
  MAX_PENDING_HANDSHAKES,
  MAX_STREAM_WINDOW,
} from "./limits.ts";
import { closePeerStoreChannel } from "./peer-store-lock.ts";
import { createProtector } from "./protector.ts";
import { quietLogger } from "./quiet-logger.ts";

/** The protocols of the two streams. Their version is in the hello, so that devices can say why they do not match. */
export const PROTOCOLS = { control: "/skein/control", tensors: "/skein/tensors" } as const;

export interface NodeOptions {
  readonly privateKey: PrivateKey;
  /** What opens this device's door, and what this device shows at others'. */
  readonly door: Door;
  readonly listen: readonly string[];
  /** What others are told to dial. Default: what is listened on. */
  readonly announce?: readonly string[];
  readonly gater?: ConnectionGater;
}

/** A libp2p node and what the discovery needs of its insides. */
export interface Node {
  readonly libp2p: Libp2p;
  readonly components: MulticastDNSComponents;
}

/**
 * Makes a libp2p node, not yet started: TCP, the pre-shared key, noise, yamux, identify and ping; no relay, no routing,
 * nothing that talks to the world outside the mesh. TCP_NODELAY is on by default in @libp2p/tcp.
 */
export async function createNode(options: NodeOptions): Promise<Node> {
  // Two copies of a package of libp2p's make the types of the same thing differ.
  const muxer = yamux({
    maxInboundStreams: 16,
    maxOutboundStreams: 16,
    streamOptions: { maxStreamWindowSize: MAX_STREAM_WINDOW },
  }) as unknown as NonNullable<Libp2pOptions["streamMuxers"]>[number];
  let inside: MulticastDNSComponents | undefined;
  const libp2p = await createLibp2p({
    start: false,
    privateKey: options.privateKey,
    // The version of the software is nobody's business, not even in the mesh.
    nodeInfo: { name: "skein", version: "0", userAgent: drawAgent() },
    logger: quietLogger(() => {}),
    addresses: { listen: [...options.listen], announce: [...options.announce ?? []] },
    transports: [tcp({ maxConnections: MAX_CONNECTIONS + MAX_PENDING_HANDSHAKES })],
    connectionProtector: () => createProtector(options.door),
    connectionEncrypters: [calmNoise()],
    streamMuxers: [muxer],
    ...(options.gater === undefined ? {} : { connectionGater: options.gater }),
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      maxParallelDials: MAX_DIALS,
      maxDialQueueLength: MAX_KNOWN_DEVICES,
      maxPeerAddrsToDial: 2 * MAX_ADDRESSES,
      dialTimeout: DIAL_TIMEOUT,
      addressDialTimeout: ADDRESS_DIAL_TIMEOUT,
      connectionCloseTimeout: CLOSE_TIMEOUT,
      inboundUpgradeTimeout: HANDSHAKE_TIMEOUT,
      inboundStreamProtocolNegotiationTimeout: HANDSHAKE_TIMEOUT,
      outboundStreamProtocolNegotiationTimeout: HANDSHAKE_TIMEOUT,
      inboundConnectionThreshold: MAX_INBOUND_RATE,
      maxIncomingPendingConnections: MAX_PENDING_HANDSHAKES,
      // The mesh reconnects by itself and knows why a session ended.
      reconnectRetries: 0,
    },
    // The sessions' own heartbeats are faster.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify({ maxInboundStreams: 2, maxOutboundStreams: 2 }),
      ping: ping({ maxInboundStreams: 1, maxOutboundStreams: 1 }),
      insides: (components: MulticastDNSComponents) => {
        inside = components;
        return {};
      },
    },
  });
  if (inside === undefined) throw new Error("Cannot start the mesh: libp2p did not start its services.");
  closePeerStoreChannel(libp2p);
  return { libp2p, components: inside };
}
