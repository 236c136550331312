/** A member of a simulated mesh that says whatever a test has it say: it holds the key, and nothing else of it is honest. */
import { createActorSystem, type Ref } from "../../../runtime/actor/mod.ts";
import type { SimulatedMesh } from "./simulated-mesh.ts";

export interface HostileMember {
  readonly id: string;
  /** Sends any message as its own device. */
  tell(to: Ref<never>, message: unknown): void;
  /** Asks with any message; what was answered, or why nothing was. */
  ask(to: Ref<never>, message: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Its connections break, and it is heard of no more. */
  leave(): Promise<void>;
}

/** Lets a hostile member in, connected with all. */
export function hostileMember(mesh: SimulatedMesh, id: string): HostileMember {
  const system = createActorSystem({ device: id, clock: mesh.clock, transport: mesh.network.join(id), graceMs: 10 });
  return {
    id,
    tell: (to, message) => system.tell(to, message as never),
    async ask(to, message) {
      const outcome = await system.ask(to, (replyTo: Ref<never>) => ({ ...message, replyTo }) as never, {
        timeoutMs: 60_000,
      });
      return outcome.type === "reply" ? outcome.value : outcome.reason;
    },
    async leave() {
      for (const other of mesh.network.peersOf(id)) mesh.network.disconnect(id, other);
      await system.stop();
    },
  };
}
