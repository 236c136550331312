/**
 * Follows what happens on the devices of the mesh, for one reader of the API: asks each device's inspector to tell it, also
 * those that come later or come back, and hands on what they tell.
 */
import { type Behaviour, type Context, next } from "../../runtime/actor/mod.ts";
import { inspectorOf } from "../addresses.ts";
import type { Peers } from "../host.ts";
import { Followed, type Happening } from "../inspector/happening.ts";
import { accepting } from "../wire.ts";

/** How often it looks for devices that have come. */
const LOOK_MILLISECONDS = 1000;

/** What a reader wants to hear. */
export interface Following {
  /** Kinds; empty for what people want to know. */
  readonly types: readonly string[];
  /** Of this actor and those below it only. */
  readonly path?: string | undefined;
  /** Milliseconds between two words of a device. */
  readonly everyMs: number;
  /** How much of what happened before is told first, of each device. */
  readonly past: number;
  /** Whether a device, by id and name, is followed. */
  readonly of: (device: string, name: string) => boolean;
}

/** What a follower is made of. */
export interface FollowerOptions {
  readonly device: string;
  readonly name: string;
  readonly peers: Peers;
  readonly following: Following;
  readonly onHappenings: (happenings: readonly Happening[], missed: number) => void;
}

export type FollowerMessage =
  | Followed
  /** From itself: time to see who is here. */
  | { readonly type: "look" }
  /** The connection to a device that is followed was lost. */
  | { readonly type: "device-lost"; readonly device: string };

interface FollowerState {
  readonly followed: Set<string>;
  /** Those that were followed once: what happened before is told of a device but once. */
  readonly known: Set<string>;
}

/** Makes a follower's behaviour. */
export function follower(options: FollowerOptions): Behaviour<FollowerState, FollowerMessage> {
  return {
    // A device tells what happens on itself, and nothing in another's name.
    accepts: accepting<FollowerMessage>(Followed, (message) => {
      return message.type === "happened" ? message.happenings.map(({ device }) => device) : [];
    }),
    start(context) {
      const state = { followed: new Set<string>(), known: new Set<string>() };
      look(state, options, context);
      return state;
    },
    receive(state, message, context) {
      switch (message.type) {
        case "happened":
          options.onHappenings(message.happenings, message.missed);
          break;
        case "look":
          look(state, options, context);
          break;
        case "device-lost":
          state.followed.delete(message.device);
          break;
        default:
          message satisfies never;
      }
      return next(state);
    },
  };
}

function look(state: FollowerState, options: FollowerOptions, context: Context<FollowerMessage>): void {
  const { device: self, name, peers, following: { types, path, everyMs, past, of } } = options;
  for (const { device, name: its } of [{ device: self, name }, ...peers()]) {
    if (state.followed.has(device) || !of(device, its)) continue;
    state.followed.add(device);
    const wish = { types: [...types], ...(path === undefined ? {} : { path }), everyMs };
    const first = state.known.has(device) ? 0 : past;
    state.known.add(device);
    context.tell(inspectorOf(device), { type: "follow", to: context.self, ...wish, past: first });
    if (device !== self) context.watchDevice(device, () => ({ type: "device-lost", device }));
  }
  context.after(LOOK_MILLISECONDS, { type: "look" });
}
