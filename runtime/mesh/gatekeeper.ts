import type { ConnectionGater } from "@libp2p/interface";
import type { Clock } from "../clock.ts";
import type { MeshEvent } from "./contract.ts";

export interface GatekeeperOptions {
  readonly clock: Clock;
  /** Connections of those who have shown a key; to be written to. */
  readonly proven: WeakSet<object>;
  /** Why a device that proved the key may not come in now, or undefined if it may. */
  objection(device: string): string | undefined;
  emit(event: MeshEvent): void;
}

/** Strangers knock as often as they like; a log hears of them this often, in milliseconds. */
const TELL_INTERVAL = 1_000;

/** Makes the gate of a node: turns devices away and tells of connections that never proved the mesh key. */
export function createGatekeeper(options: GatekeeperOptions): ConnectionGater {
  const { proven } = options;
  let toldAt = -Infinity;

  function tell(event: MeshEvent): void {
    const now = options.clock.now();
    if (now - toldAt < TELL_INTERVAL) return;
    toldAt = now;
    options.emit(event);
  }

  return {
    denyInboundConnection(connection) {
      const target = connection.remoteAddr.toString();
      connection.addEventListener("close", () => {
        if (proven.has(connection)) return;
        const sentence = `${target} connected but did not prove this mesh's key.`;
        tell({ type: "refused", target, reason: "wrong-key", sentence });
      });
      return false;
    },
    denyInboundEncryptedConnection(peer, connection) {
      proven.add(connection);
      const device = peer.toString();
      const objection = options.objection(device);
      if (objection === undefined) return false;
      const sentence = `${device} was turned away: ${objection}.`;
      tell({ type: "refused", target: device, reason: "not-permitted", sentence });
      return true;
    },
  };
}
