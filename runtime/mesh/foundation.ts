/** What a mesh is made of that is there before it. */
import type { PrivateKey } from "@libp2p/interface";
import type { Channel } from "../transport.ts";
import type { MeshEvent, NamedPeerEvent } from "./contract.ts";
import type { Directory } from "./directory.ts";
import type { Door } from "./door.ts";
import type { Doubles } from "./doubles.ts";
import type { Listeners } from "./listeners.ts";
import type { Node } from "./node.ts";

/** Those who listen to a mesh. */
export interface MeshListeners {
  readonly events: Listeners<[MeshEvent]>;
  readonly frames: Listeners<[string, Channel, Uint8Array]>;
  readonly peers: Listeners<[NamedPeerEvent]>;
}

/** The parts that others make. */
export interface Foundation {
  readonly node: Node;
  readonly door: Door;
  readonly doubles: Doubles;
  readonly privateKey: PrivateKey;
  /** The name under which the members of this mesh look for each other. */
  readonly serviceTag: string;
  readonly directory: Directory;
  readonly listeners: MeshListeners;
}
