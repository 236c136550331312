/**
 * The inspector: shows its device to whoever looks, from anywhere in the mesh, and tells those who follow what happens there.
 * It reads files and sensors for it, so it is an actor of its own: to look never holds up those who work.
 */
import {
  type Behaviour,
  type Context,
  type Inspect,
  next,
  type Ref,
  type Reply,
  reply,
} from "../../runtime/actor/mod.ts";
import { FOLLOWER_PATH, inspectorOf, supervisorOf } from "../addresses.ts";
import type { ExecutorLook } from "../executor/protocol.ts";
import type { HeldView } from "../supervisor/protocol.ts";
import { Followers } from "./followers.ts";
import { type Followed, ofActors, ofDevice, wantsActors } from "./happening.ts";
import { acceptInspectorMessage, type DeviceView, type InspectorMessage } from "./protocol.ts";
import { viewOf, type ViewOptions } from "./view.ts";

/** How long the supervisor of the device may take to say what it holds. */
const HELD_MILLISECONDS = 1500;
/** How long an executor may take to say how it does. Together they are less than what those who look wait for. */
const LOOK_MILLISECONDS = 500;

/** Followers of one device: more than people who look. */
const MAX_FOLLOWERS = 64;

/** What an inspector is made of. */
export interface InspectorOptions extends ViewOptions {
  readonly inspect: ViewOptions["inspect"] & Pick<Inspect, "subscribe">;
  /** Milliseconds since 1970. Default: the machine's. */
  readonly wallNow?: () => number;
}

interface InspectorState {
  readonly followers: Followers;
  /** Ends the listening to actors; present while a follower wants it. */
  unsubscribe: (() => void) | undefined;
}

/** Makes the inspector's behaviour. */
export function inspector(options: InspectorOptions): Behaviour<InspectorState, InspectorMessage> {
  const { device, name, events, wallNow = Date.now } = options;
  return {
    accepts: acceptInspectorMessage,
    start(context) {
      const onDue = (to: Ref<Followed>, milliseconds: number) => void context.after(milliseconds, { type: "due", to });
      const followers = new Followers({ device, name, wallNow, onDue });
      const unsubscribe = events.subscribe((event) => followers.happened(ofDevice(event)));
      context.signal.addEventListener("abort", unsubscribe);
      return { followers, unsubscribe: undefined };
    },
    async receive(state, message, context) {
      switch (message.type) {
        case "view":
          await show(message.replyTo, options, context);
          break;
        case "follow":
          follow(state, message, options, context);
          break;
        case "unfollow":
          state.followers.delete(message.to);
          listen(state, options);
          break;
        case "due": {
          const word = state.followers.take(message.to);
          if (word !== undefined) context.tell(message.to, word);
          break;
        }
        default:
          message satisfies never;
      }
      return next(state);
    },
    stopped: ({ unsubscribe }) => unsubscribe?.(),
  };
}

async function show(
  replyTo: Ref<Reply<DeviceView>>,
  options: ViewOptions,
  context: Context<InspectorMessage>,
): Promise<void> {
  const held = await askHeld(options.device, context);
  // A supervisor that does not answer leaves the asker to its own deadline: better no view than a wrong one.
  if (held === undefined) return;
  const looks = await askLooks(held, context);
  reply(context, replyTo, await viewOf(held, looks, options));
}

/** Takes a follower in, as far as there is room. */
function follow(
  state: InspectorState,
  { to, types, path, everyMs, past }: Extract<InspectorMessage, { type: "follow" }>,
  options: InspectorOptions,
  context: Context<InspectorMessage>,
): void {
  const { followers } = state;
  if (followers.size >= MAX_FOLLOWERS) return;
  const { device, name, events, wallNow = Date.now } = options;
  const lately = events.latest(past).map(({ millisecondsAgo, event }) => {
    return { at: wallNow() - millisecondsAgo, device, name, ...ofDevice(event) };
  });
  followers.add(to, { types, path, everyMs }, lately);
  listen(state, options);
  context.watch(to, () => ({ type: "unfollow", to }));
}

/** Listens to actors while somebody wants to hear of them, so that it costs nothing else. */
function listen(state: InspectorState, { inspect, device }: InspectorOptions): void {
  const { followers } = state;
  if (!followers.some(wantsActors)) {
    state.unsubscribe?.();
    state.unsubscribe = undefined;
    return;
  }
  // What looking itself makes happen would never come to rest.
  const own = inspectorOf(device).path;
  state.unsubscribe ??= inspect.subscribe((event) => {
    if ("path" in event && (event.path === own || event.path.startsWith(FOLLOWER_PATH))) return;
    followers.happened(ofActors(event));
  });
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
