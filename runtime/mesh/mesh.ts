import { systemClock } from "../clock.ts";
import type { Mesh, MeshEvent } from "./contract.ts";
import { createDirectory } from "./directory.ts";
import { createDoor } from "./door.ts";
import { noticeDoubles } from "./doubles.ts";
import { createGatekeeper } from "./gatekeeper.ts";
import { readIdentity } from "./identity.ts";
import { deriveKeys } from "./key.ts";
import { createListeners } from "./listeners.ts";
import type { MeshListeners } from "./foundation.ts";
import { MeshDevice } from "./mesh-device.ts";
import { ANY_PORT, type MeshOptions } from "./mesh-options.ts";
import { checkName } from "./messages.ts";
import { createNode } from "./node.ts";

/**
 * Starts this device's part of a mesh and resolves when it listens. Throws a RangeError or TypeError if an option is wrong,
 * and an Error if it cannot listen.
 */
export async function createMesh(options: MeshOptions): Promise<Mesh> {
  const { name, clock = systemClock, listen = ANY_PORT, announce = [] } = options;
  checkName(name);
  const keys = await deriveKeys(options.key);
  const privateKey = readIdentity(options.identity);
  const listeners = createMeshListeners(options.log);
  const directory = createDirectory();
  const door = createDoor(keys.preSharedKey, () => mesh.grant());
  const gater = createGatekeeper({
    clock,
    proven: door.proven,
    emit: listeners.events.call,
    objection: (device) => mesh.objection(device),
  });
  const node = await createNode({ privateKey, door, listen, announce, gater });
  const doubles = await noticeDoubles({
    libp2p: node.libp2p,
    clock,
    nameOf: (device) => mesh.devices().find((known) => known.device === device)?.name ?? device,
    emit: listeners.events.call,
  });
  const { serviceTag } = keys;
  const mesh = new MeshDevice(options, { node, door, doubles, privateKey, serviceTag, directory, listeners });
  await mesh.start();
  return mesh;
}

function createMeshListeners(log: MeshOptions["log"]): MeshListeners {
  // What listens for failures cannot tell of its own.
  const events = createListeners<[MeshEvent]>(() => {});
  if (log !== undefined) events.add(log);
  const failed = (error: unknown): void => {
    const sentence = `A listener of the mesh failed: ${error instanceof Error ? error.stack : String(error)}`;
    events.call({ type: "listener-failed", sentence });
  };
  return { events, frames: createListeners(failed), peers: createListeners(failed) };
}
