/** Invites that this device has given out: each opens its door for a while, and for so many devices. */
import type { Clock } from "../clock.ts";
import type { InviteOptions } from "./contract.ts";
import type { Door } from "./door.ts";
import { encodeInvite, SECRET_BYTES } from "./invite.ts";
import { passKey } from "./proof.ts";

const MINUTE = 60_000;
const DEFAULT_LIFETIME = 60 * MINUTE;
/** Timers hold no more than 2^31 milliseconds; nobody should wait longer either. */
export const MAX_LIFETIME = 7 * 24 * 60 * MINUTE;

/** Where invites are made. */
export interface InvitesOptions {
  readonly door: Door;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly isForgotten: (device: string) => boolean;
}

/**
 * Gives out an invite that leads to these addresses: its text, and what ends it early. Its end is counted on this device's
 * own clock; what the text says of it is for people. @throws {RangeError} for a lifetime or uses out of bounds.
 */
export function openInvite(
  { door, clock, now, isForgotten }: InvitesOptions,
  addresses: readonly string[],
  { lifetimeMs = DEFAULT_LIFETIME, uses = 1 }: InviteOptions = {},
): { readonly text: string; close(): void } {
  if (!(lifetimeMs >= MINUTE && lifetimeMs <= MAX_LIFETIME)) {
    throw new RangeError(`An invite is good for a minute to ${MAX_LIFETIME / MINUTE / 60 / 24} days.`);
  }
  if (!(Number.isInteger(uses) && uses >= 1 && uses <= 64)) throw new RangeError("An invite is for 1 to 64 devices.");
  const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  // A device whose answer was lost comes again.
  const users = new Set<string>();
  const close = door.open({
    key: passKey(secret, "invite"),
    objection(device) {
      if (isForgotten(device)) return "it was put out of the mesh: to come back it has to become a new device";
      return users.has(device) || users.size < uses ? undefined : "the invite has been used already";
    },
    used: (device) => void users.add(device),
  });
  const expiresAt = Math.ceil((now() + lifetimeMs) / MINUTE) * MINUTE;
  const cancel = clock.after(lifetimeMs, close);
  return {
    text: encodeInvite({ secret, expiresAt, addresses: addresses.map(withoutDevice) }),
    close() {
      cancel();
      close();
    },
  };
}

/** An invite is short: whoever knows its secret is the right device, whatever its id. */
function withoutDevice(address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, "");
}
