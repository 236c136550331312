/** Proposals in sentences, for people who wonder why something moves. */
import type { Proposal } from "./protocol.ts";

/** What a device asks for, and why. `name` is what people call it. */
export function describeProposal({ reason, measured, predicted }: Proposal, name: string): string {
  const times = `${measured.toFixed(2)} ms a step where the plan expects ${predicted.toFixed(2)} ms`;
  switch (reason) {
    case "slower":
      return `${name} takes ${times}`;
    case "faster":
      return `${name} takes only ${times}`;
    case "recovered":
      return `${name} computes as fast as before again`;
    case "needs-memory":
      return `${name} is short of memory for its owner`;
    case "needs-processor":
      return `${name}'s processor is busy with its owner's programs`;
    case "done-memory":
      return `${name} has memory to spare again`;
    case "done-processor":
      return `${name}'s processor is free again`;
    default:
      return reason satisfies never;
  }
}
