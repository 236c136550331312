/** What a device that was off goes on with, in a sentence. */
import { type BlockRuns, describeRuns } from "../actors/block-runs.ts";
import type { DaemonEvent } from "../actors/daemon/mod.ts";
import { span } from "./devices.ts";

/** "goes on with NAME; blocks 0 to 11 are here, 12 to 23 are on desktop (last seen 2 days ago)". `now` as `lastSeenAt`. */
export function describeReturn(
  { model, here, elsewhere, missing }: Extract<DaemonEvent, { type: "returning" }>,
  now: number,
): string {
  const parts = [
    ...(here.length === 0 ? [] : [`${describeRuns(here)} ${verb(here)} here`]),
    ...elsewhere.map(({ name, blocks, lastSeenAt }) => {
      const seen = lastSeenAt === undefined ? "" : ` (last seen ${span(now - lastSeenAt)} ago)`;
      return `${describeRuns(blocks)} ${verb(blocks)} on ${name}${seen}`;
    }),
    ...(missing.length === 0 ? [] : [`${describeRuns(missing)} ${verb(missing)} on no device that was known`]),
  ];
  if (parts.length === 0) return `goes on with ${model}; who has its blocks is not known here`;
  const whole = elsewhere.length + missing.length === 0;
  return whole
    ? `goes on with ${model}; all of its blocks are here`
    : `goes on with ${model}; blocks ${parts.join(", ")}`;
}

function verb(runs: BlockRuns): string {
  const [first] = runs;
  return runs.length === 1 && first !== undefined && first[0] === first[1] ? "is" : "are";
}
