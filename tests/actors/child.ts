/** An actor below a parent that sees how it ends and can have it stopped, as a supervisor does. */
import {
  type ActorSystem,
  type Behaviour,
  type Message,
  next,
  type Ref,
  type SpawnOptions,
} from "../../runtime/actor/mod.ts";

export interface Child<M extends Message> {
  readonly ref: Ref<M>;
  /** How it ended, and what was said of it: "crashed: …". */
  readonly ends: readonly string[];
  stop(): void;
}

type ParentMessage = { readonly type: "stop" } | { readonly type: "ended"; readonly how: string };

/** Spawns the actor. */
export async function spawnChild<S, M extends Message>(
  system: ActorSystem,
  behaviour: Behaviour<S, M>,
  options: SpawnOptions,
): Promise<Child<M>> {
  const ends: string[] = [];
  const born = Promise.withResolvers<Ref<M>>();
  const parent = system.spawn<null, ParentMessage>({
    start(context) {
      const child = context.spawn(behaviour, options);
      context.watch(child, ({ reason, detail }) => ({ type: "ended", how: `${reason}: ${detail}` }));
      born.resolve(child);
      return null;
    },
    async receive(_state, message, context) {
      if (message.type === "ended") ends.push(message.how);
      else await context.stop(await born.promise);
      return next(null);
    },
  }, { name: `parent-of-${options.name}` });
  return { ref: await born.promise, ends, stop: () => system.tell(parent, { type: "stop" }) };
}
