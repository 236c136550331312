/** The conformance suite over the real mesh: sockets, encryption and frames included. */
import { createActorSystem } from "../../runtime/actor/mod.ts";
import { createIdentity, createMesh, createMeshKey } from "../../runtime/mesh/mod.ts";
import { conformance, type Place } from "./actor-conformance.ts";

conformance("over the mesh", async (): Promise<Place> => {
  const key = createMeshKey();
  const start = async (name: string, join: readonly string[]) => {
    const identity = await createIdentity();
    return await createMesh({ identity, key, name, join, listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false });
  };
  const farMesh = await start("far", []);
  const nearMesh = await start("near", farMesh.addresses());
  const up = new Promise<void>((resolve) => nearMesh.onPeer(({ type }) => type === "up" && resolve()));
  if (nearMesh.peers().length === 0) await up;
  const near = createActorSystem({ device: nearMesh.self, transport: nearMesh });
  const far = createActorSystem({ device: farMesh.self, transport: farMesh });
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      await near.stop();
      await far.stop();
      await nearMesh.stop();
      await farMesh.stop();
    },
  };
}, { runs: 3 });
