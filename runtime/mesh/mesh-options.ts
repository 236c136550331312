import type { Clock } from "../clock.ts";
import type { MeshEvent } from "./contract.ts";
import type { MeshRecord } from "./record.ts";

export interface MeshOptions {
  /** The device's private key, from `createIdentity`. */
  readonly identity: Uint8Array;
  /** The mesh key, 32 bytes, from `createMeshKey` or whoever took an invite. */
  readonly key: Uint8Array;
  /** What this device kept of the mesh. Default: nothing. */
  readonly record?: MeshRecord;
  /** Keeps key and record for the next start, at once: a device that ends right after must not be left with an old key. */
  readonly keep?: (key: Uint8Array, record: MeshRecord) => Promise<void>;
  /** Version of the software, for people of the mesh. Default: not told. */
  readonly version?: string;
  /** What people call this device: 1 to 64 printable characters. Only members learn it. */
  readonly name: string;
  /** Multiaddrs to listen on. Default: any port on all IPv4 addresses. */
  readonly listen?: readonly string[];
  /** Multiaddrs that others are told to dial, where those that are listened on lead nowhere for them. Default: these. */
  readonly announce?: readonly string[];
  /** Multiaddrs of members, from an invite: dialled until met. Default: none. */
  readonly join?: readonly string[];
  /** Whether to look for members on the local network. Default: true. */
  readonly mdns?: boolean;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Milliseconds as people's clocks show them, which go on while the machine sleeps. Default: `Date.now`. */
  readonly wall?: () => number;
  /** Hears every event from the very start, before `onEvent` can be called. Default: nobody. */
  readonly log?: (event: MeshEvent) => void;
  /** The protocol version to speak. Default: this code's. For tests. */
  readonly protocol?: number;
}

/** Where a device listens that was not told: any port on all IPv4 addresses. */
export const ANY_PORT: readonly string[] = ["/ip4/0.0.0.0/tcp/0"];
