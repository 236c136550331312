/** What a device's balancer has found lately, for those who look. It outlives a crash of the actor. */
import type { Clock } from "../../runtime/clock.ts";
import type { BalanceRow } from "../inspector/protocol.ts";
import type { Finding } from "./imbalance.ts";
import { type OwnerState, undisturbed } from "./owner.ts";

/** Kept for a device. */
export class BalanceRecord {
  readonly #clock: Clock;
  /** Whether the balancer may propose anything. */
  readonly on: boolean;
  /** What the device gives up for its owner: whoever reports it to the leader reads this. */
  owner: OwnerState = undisturbed;
  windows = 0;
  ratio: number | undefined;
  finding = "no plan yet";
  #proposal: { readonly text: string; readonly at: number } | undefined;
  #verdict: { readonly text: string; readonly at: number } | undefined;

  constructor(clock: Clock, on: boolean) {
    this.#clock = clock;
    this.on = on;
  }

  found(finding: Finding, windows: number): void {
    this.windows = windows;
    this.finding = describeFinding(finding);
    if (finding.type !== "idle") this.ratio = finding.ratio;
  }

  /** Why nothing is judged. */
  rests(why: string): void {
    [this.windows, this.ratio, this.finding] = [0, undefined, why];
  }

  proposed(text: string): void {
    this.#proposal = { text, at: this.#clock.now() };
  }

  heard(text: string): void {
    this.#verdict = { text, at: this.#clock.now() };
  }

  view(): BalanceRow {
    const now = this.#clock.now();
    const { on, windows, ratio, finding, owner } = this;
    const yielding = describeYielding(owner);
    const [proposal, verdict] = [said(this.#proposal, now), said(this.#verdict, now)];
    return {
      on,
      windows,
      ...(ratio === undefined ? {} : { ratio }),
      finding,
      ...(yielding === undefined ? {} : { yielding }),
      ...(proposal === undefined ? {} : { proposal }),
      ...(verdict === undefined ? {} : { verdict }),
    };
  }
}

function said(what: { readonly text: string; readonly at: number } | undefined, now: number): BalanceRow["proposal"] {
  return what === undefined ? undefined : { text: what.text, millisecondsAgo: now - what.at };
}

function describeFinding(finding: Finding): string {
  switch (finding.type) {
    case "idle":
      return "too little work to tell";
    case "balanced":
      return "in balance";
    case "leaning":
      return `${finding.ratio > 1 ? "slower" : "faster"} than planned for ${finding.windows} of ${finding.of} windows`;
    case "imbalanced":
      return `${finding.towards} than planned`;
    default:
      return finding satisfies never;
  }
}

function describeYielding({ mostBytes, yieldsProcessor }: OwnerState): string | undefined {
  const what = [...(mostBytes !== undefined ? ["memory"] : []), ...(yieldsProcessor ? ["processor"] : [])];
  return what.length === 0 ? undefined : what.join(" and ");
}
