import { errorText } from "../error-text.ts";
import type { AskFailure } from "./behaviour.ts";
import type { DeviceId, Message } from "./ref.ts";

/** What a behaviour says to a message from another device. */
export type Accepted =
  | { readonly type: "accepted"; readonly message: Message }
  | { readonly type: "refused"; readonly outcome: AskFailure; readonly reason: string };

/** The part of a behaviour that stands between it and other devices. */
export interface Doorkeeper {
  readonly accepts?: (message: unknown, from: DeviceId) => Message;
}

/** A message from another device as the actor at `path` wants it, or why it does not. */
export function accept({ accepts }: Doorkeeper, path: string, device: DeviceId, message: unknown): Accepted {
  if (accepts === undefined) {
    return { type: "refused", outcome: "unreachable", reason: `${path} takes nothing from other devices` };
  }
  try {
    return { type: "accepted", message: accepts(message, device) };
  } catch (error) {
    const reason = `${path} refused a message from ${device}: ${errorText(error)}`;
    return { type: "refused", outcome: "crashed", reason };
  }
}
