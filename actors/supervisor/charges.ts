/** What other members take of this device is charged to them; this device itself may have any. */
import { giveBack, isUntouched, take, untouched } from "./quota.ts";
import type { SupervisorOptions, SupervisorState } from "./state.ts";

/** Charges a prompt of so many bytes to the device that asks for an answer to it, or says why that has enough. */
export function charge(
  { quotas }: SupervisorState,
  asker: string,
  bytes: number,
  { device, clock }: SupervisorOptions,
): string | undefined {
  if (asker === device) return undefined;
  const now = clock.now();
  for (const [member, quota] of quotas) if (isUntouched(quota, now)) quotas.delete(member);
  const taken = take(quotas.get(asker) ?? untouched(now), bytes, now);
  if (taken.type === "refused") return taken.reason;
  quotas.set(asker, taken.quota);
  return undefined;
}

/** What was charged is over. */
export function discharge({ quotas }: SupervisorState, asker: string, bytes: number): void {
  const quota = quotas.get(asker);
  if (quota !== undefined) quotas.set(asker, giveBack(quota, bytes));
}
