/**
 * When an acting leader plans, and when it lets a plan that works go for a better one. Pure: changes are gathered, noise is
 * waited out, moving has to pay.
 */

/** Changes that come together are planned for together. */
export const DEBOUNCE_MILLISECONDS = 400;
/** The same where the plan in force is broken: connections of devices that die together close together. */
export const LOSS_MILLISECONDS = 25;
/** How long a new leader waits for the reports of all that it is connected to. */
export const GATHERING_MILLISECONDS = 3000;
/** How long a plan on mirrors works before a better one is looked for. */
export const CALM_MILLISECONDS = 10_000;
/** How often the plan in force is held against new measurements. */
export const REVIEW_MILLISECONDS = 30_000;
/** Blocks that nobody has are looked for again after this time, should the word that somebody has them be lost. */
const MISSING_MILLISECONDS = 5000;
/** A new plan must be so many times better than the one in force: moving costs. How much more for noise, `demands` says. */
export const WORTHWHILE = 1.1;
/** Reviews in a row that must find the same gain before measurements alone move a plan: noise does not last. */
export const PATIENCE = 2;
/** How long a device that failed to prepare is planned around at first; each further failure in a row doubles it. */
export const COOL_DOWN_MILLISECONDS = 30_000;
/** And at most: people mend devices, and then expect them to be used. */
export const MAX_COOL_DOWN_MILLISECONDS = 480_000;

/** What is due for one model. Times are the leader's clock. */
export interface Agenda {
  /** When this leader began to act. */
  readonly since: number;
  /** When to plan, if there is a reason to. */
  readonly planAt: number | undefined;
  /** A plan that works is left alone until then, whatever else changes. */
  readonly calmUntil?: number;
  readonly reviewAt: number;
  /** Reviews in a row that found a better plan. */
  readonly better: number;
}

/** An agenda on which planning comes first. */
export function begin(since: number, now: number): Agenda {
  return { since, planAt: now + DEBOUNCE_MILLISECONDS, reviewAt: now + REVIEW_MILLISECONDS, better: 0 };
}

/** The plan in force is to be held against measurements now. */
export function reviewNow(agenda: Agenda, now: number): Agenda {
  return { ...agenda, reviewAt: now };
}

/** Something has changed. */
export function planSoon(agenda: Agenda, now: number): Agenda {
  return { ...agenda, planAt: Math.max(now + DEBOUNCE_MILLISECONDS, agenda.calmUntil ?? 0) };
}

/** What becomes of a plan when devices are lost: nothing, or mirrors take their place, or it is broken. */
export type Fate = "whole" | "promoted" | "lost";

/** Devices are lost. */
export function planAfter(agenda: Agenda, fate: Fate, now: number): Agenda {
  switch (fate) {
    case "whole":
      return planSoon(agenda, now);
    case "promoted":
      // The answers that mirrors have saved come before a better plan.
      return { ...agenda, planAt: now + CALM_MILLISECONDS, calmUntil: now + CALM_MILLISECONDS };
    case "lost":
      // Nobody gets an answer until there is another plan. What fails together is still planned for together.
      return { ...agenda, planAt: now + LOSS_MILLISECONDS, calmUntil: 0 };
    default:
      return fate satisfies never;
  }
}

/** What is planned with is not there: whoever has it will say so, and is asked for again should that be lost. */
export function planLater(agenda: Agenda, now: number): Agenda {
  return { ...agenda, planAt: now + MISSING_MILLISECONDS };
}

/** A person wants a plan. */
export function planNow(agenda: Agenda, now: number): Agenda {
  return { ...agenda, planAt: now };
}

/** What there is to know before something is due. */
export interface Circumstances {
  /** Every device in reach has reported. */
  readonly complete: boolean;
  /** A plan is in force and no other is on its way. */
  readonly settled: boolean;
}

/** What is due, and the agenda after it: it is due once. */
export function due(
  agenda: Agenda,
  { complete, settled }: Circumstances,
  now: number,
): { readonly agenda: Agenda; readonly due: "plan" | "review" | "nothing" } {
  if (agenda.planAt !== undefined && now >= agenda.planAt) {
    // A plan made before all have reported would only be made again a moment later.
    const gathering = !complete && now < agenda.since + GATHERING_MILLISECONDS;
    if (gathering) return { agenda: planSoon(agenda, now), due: "nothing" };
    return { agenda: { ...agenda, planAt: undefined }, due: "plan" };
  }
  if (now < agenda.reviewAt) return { agenda, due: "nothing" };
  return { agenda: { ...agenda, reviewAt: now + REVIEW_MILLISECONDS }, due: settled ? "review" : "nothing" };
}

/** Two plans under the same measurements, in the planner's objective; lower is better. */
export interface Comparison {
  /** Of the plan in force; undefined where it cannot be compared. */
  readonly current: number | undefined;
  readonly best: number;
  /** Whether nothing but measurements asks for a change. */
  readonly review: boolean;
  /** Whether a balancer has watched them for long enough. Default: false. */
  readonly lasting?: boolean;
  /** Of the measurements that they rest on, as a part of them. Default: 0. */
  readonly noise?: number;
}

/** A gain must exceed the noise so many times. */
const BEYOND_NOISE = 2.5;
/** One review more for each so much noise. */
const NOISE_OF_A_REVIEW = 0.05;

/** How many times better a plan must be, and how many reviews in a row must find it so. */
export function demands(noise: number): { readonly worthwhile: number; readonly patience: number } {
  return { worthwhile: WORTHWHILE + BEYOND_NOISE * noise, patience: PATIENCE + Math.floor(noise / NOISE_OF_A_REVIEW) };
}

/** Whether to move to the better plan. What a balancer has watched is known to be no noise. */
export function weigh(
  agenda: Agenda,
  { current, best, review, lasting = false, noise = 0 }: Comparison,
): { readonly agenda: Agenda; readonly verdict: "move" | "stay" } {
  const demanded = demands(lasting ? 0 : noise);
  const worthwhile = current === undefined || current > best * demanded.worthwhile;
  const better = worthwhile ? agenda.better + 1 : 0;
  if (!worthwhile || (review && !lasting && better < demanded.patience)) {
    return { agenda: { ...agenda, better }, verdict: "stay" };
  }
  return { agenda: { ...agenda, better: 0 }, verdict: "move" };
}

/** How long a device is planned around that has failed so many times in a row. */
export function coolDown(failures: number): number {
  return Math.min(COOL_DOWN_MILLISECONDS * 2 ** (failures - 1), MAX_COOL_DOWN_MILLISECONDS);
}
