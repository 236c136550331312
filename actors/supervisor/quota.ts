/**
 * What one member may ask of a device, so that none has all of it. Pure. A conversation takes a place and the bytes of its
 * prompt for as long as it lives, and credit for reading the prompt, which comes back at a steady rate (a token bucket).
 */

/** Conversations of one member at once: several times what a mesh computes, as most of them wait for a place. */
export const MAX_CONVERSATIONS = 256;
/** Bytes of the prompts of one member's conversations: this device keeps them while they live. */
export const MAX_BYTES = 8 * 1024 * 1024;
/** Bytes of prompts that a member may have read at once: a second's worth of tokenising on a small board. */
export const MAX_CREDIT = 1024 * 1024;
/** Bytes of credit that come back in a second: a device has most of its time for what is under way. */
export const CREDIT_PER_SECOND = 256 * 1024;
/** Bytes that any conversation counts for at least: it is an actor, whatever it reads. */
export const LEAST_BYTES = 1024;

/** What a member has taken. */
export interface Quota {
  readonly conversations: number;
  readonly bytes: number;
  /** Bytes of credit left at a time on the clock, in milliseconds. */
  readonly credit: number;
  readonly at: number;
}

/** The quota of a member that has taken nothing. */
export function untouched(now: number): Quota {
  return { conversations: 0, bytes: 0, credit: MAX_CREDIT, at: now };
}

/** Takes a conversation of so many bytes, or says why it is too much now. */
export function take(
  before: Quota,
  bytes: number,
  now: number,
): { readonly type: "taken"; readonly quota: Quota } | { readonly type: "refused"; readonly reason: string } {
  const quota = refilled(before, now);
  const cost = Math.max(bytes, LEAST_BYTES);
  if (quota.conversations >= MAX_CONVERSATIONS) {
    return refused(`the device has ${MAX_CONVERSATIONS} conversations here already`);
  }
  if (quota.bytes + cost > MAX_BYTES) return refused(`its prompts here have ${MAX_BYTES / 2 ** 20} MiB already`);
  if (cost > quota.credit) return refused("the device sends prompts faster than this one may read them");
  return {
    type: "taken",
    quota: {
      ...quota,
      conversations: quota.conversations + 1,
      bytes: quota.bytes + cost,
      credit: quota.credit - cost,
    },
  };
}

/** Gives back what a conversation of so many bytes had taken, but for the credit: that comes back with time. */
export function giveBack(quota: Quota, bytes: number): Quota {
  return { ...quota, conversations: quota.conversations - 1, bytes: quota.bytes - Math.max(bytes, LEAST_BYTES) };
}

/** Whether nothing of it is taken any more, so that it can be forgotten. */
export function isUntouched(quota: Quota, now: number): boolean {
  return quota.conversations === 0 && refilled(quota, now).credit === MAX_CREDIT;
}

function refilled(quota: Quota, now: number): Quota {
  const gained = Math.max(0, now - quota.at) / 1000 * CREDIT_PER_SECOND;
  return { ...quota, credit: Math.min(MAX_CREDIT, quota.credit + gained), at: now };
}

function refused(reason: string): { readonly type: "refused"; readonly reason: string } {
  return { type: "refused", reason };
}
