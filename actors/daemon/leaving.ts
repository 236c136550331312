/** How a device leaves politely: others take over its blocks, with the caches of every answer under way, before it goes. */
import * as v from "valibot";
import type { ActorSystem, Ref, Reply } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import { leaderOf, supervisorOf } from "../addresses.ts";
import { Leaving } from "../leader/protocol.ts";
import type { HeldView, MeshView } from "../supervisor/protocol.ts";

/** How long the leader may take to say whether others can take over: it knows without asking anybody. */
const ANSWER_MILLISECONDS = 1000;
/** Between two looks at what is still here. */
const LOOK_MILLISECONDS = 50;

export interface LeaveOptions {
  readonly system: ActorSystem;
  readonly device: string;
  readonly clock: Clock;
  /** The device goes then, whatever is still here. */
  readonly milliseconds: number;
  /** Ends the wait: the device goes at once. */
  readonly signal: AbortSignal;
  /** Others take over; that takes a moment. */
  readonly onWait: () => void;
}

/** Resolves when the device may go: nothing is here that others could take over, or its time is up. */
export async function leaveMesh(options: LeaveOptions): Promise<void> {
  const { system, device, clock, milliseconds, signal } = options;
  const deadline = clock.now() + milliseconds;
  const said = await system.ask(leaderOf(device), (replyTo: Ref<Reply<Leaving>>) => ({
    type: "leaving" as const,
    device,
    replyTo,
  }), { timeoutMs: ANSWER_MILLISECONDS, signal, parse: (value) => v.parse(Leaving, value) });
  if (said.type !== "reply" || said.value.type === "nobody") return;
  options.onWait();
  while (clock.now() < deadline && !signal.aborted && await isNeeded(options)) {
    await new Promise<void>((resolve) => clock.after(LOOK_MILLISECONDS, resolve));
  }
}

/** Whether answers still run here, or those that run elsewhere now have yet to fetch what they left. */
async function isNeeded({ system, device, signal }: LeaveOptions): Promise<boolean> {
  const limits = { timeoutMs: ANSWER_MILLISECONDS, signal };
  const supervisor = supervisorOf(device);
  const held = await system.ask(supervisor, (replyTo: Ref<Reply<HeldView>>) => ({ type: "held", replyTo }), limits);
  if (held.type !== "reply" || held.value.segments.length === 0) return false;
  // Where a model waits for its plan, nothing runs anywhere.
  const mesh = await system.ask(supervisor, (replyTo: Ref<Reply<MeshView>>) => ({ type: "mesh", replyTo }), limits);
  return mesh.type === "reply" && mesh.value.state.models.some(({ type }) => type === "active");
}
