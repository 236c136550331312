/**
 * The inspector: shows its device to whoever looks, from anywhere in the mesh. It reads files and sensors for it, so it is
 * an actor of its own: to look never holds up those who work.
 */
import { type Behaviour, type Context, next, type Ref, type Reply, reply } from "../../runtime/actor/mod.ts";
import { supervisorOf } from "../addresses.ts";
import type { ExecutorLook } from "../executor/protocol.ts";
import type { HeldView } from "../supervisor/protocol.ts";
import { acceptInspectorMessage, type InspectorMessage } from "./protocol.ts";
import { viewOf, type ViewOptions } from "./view.ts";

/** How long the supervisor of the device may take to say what it holds. */
const HELD_MILLISECONDS = 1500;
/** How long an executor may take to say how it does. Together they are less than what those who look wait for. */
const LOOK_MILLISECONDS = 500;

/** Makes the inspector's behaviour. */
export function inspector(options: ViewOptions): Behaviour<null, InspectorMessage> {
  return {
    accepts: acceptInspectorMessage,
    start: () => null,
    async receive(_state, message, context) {
      const held = await askHeld(options.device, context);
      // A supervisor that does not answer leaves the asker to its own deadline: better no view than a wrong one.
      if (held !== undefined) {
        const looks = await askLooks(held, context);
        reply(context, message.replyTo, await viewOf(held, looks, options));
      }
      return next(null);
    },
  };
}

async function askHeld(device: string, context: Context<InspectorMessage>): Promise<HeldView | undefined> {
  const make = (replyTo: Ref<Reply<HeldView>>) => ({ type: "held" as const, replyTo });
  const outcome = await context.ask(supervisorOf(device), make, { timeoutMs: HELD_MILLISECONDS });
  return outcome.type === "reply" ? outcome.value : undefined;
}

/** How the executors of the segments do, by path; those that do not answer are left out. */
async function askLooks(
  { segments }: HeldView,
  context: Context<InspectorMessage>,
): Promise<ReadonlyMap<string, ExecutorLook>> {
  const looks = new Map<string, ExecutorLook>();
  await Promise.all(segments.map(async ({ ref }) => {
    const make = (replyTo: Ref<Reply<ExecutorLook>>) => ({ type: "look" as const, replyTo });
    const outcome = await context.ask(ref, make, { timeoutMs: LOOK_MILLISECONDS });
    if (outcome.type === "reply") looks.set(ref.path, outcome.value);
  }));
  return looks;
}
