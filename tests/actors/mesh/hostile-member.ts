/** A member of a simulated mesh that says whatever a test has it say: it holds the key, and nothing else of it is honest. */
import { createActorSystem, type Ref } from "../../../runtime/actor/mod.ts";
import type { SimulatedMesh } from "./simulated-mesh.ts";

export interface HostileMember {
  readonly id: string;
  /** Sends any message as its own device. */
  tell(to: Ref<never>, message: unknown): void;
  /** Its connections break, and it is heard of no more. */
  leave(): Promise<void>;
}

/** Lets a hostile member in, connected with all. */
export function hostileMember(mesh: SimulatedMesh, id: string): HostileMember {
  const system = createActorSystem({ device: id, clock: mesh.clock, transport: mesh.network.join(id), graceMs: 10 });
  return {
    id,
    tell: (to, message) => system.tell(to, message as never),
    async leave() {
      for (const other of mesh.network.peersOf(id)) mesh.network.disconnect(id, other);
      await system.stop();
    },
  };
}
