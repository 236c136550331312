/** What became of a trace under a policy. */
import type { Random } from "../../training/generator/mod.ts";
import { type Choice, isRight, limitOf, pressureOf, speedOf } from "./case.ts";
import type { Policy, Variant } from "./policies.ts";
import { waitsOf } from "./queue.ts";
import { targets } from "./targets.ts";
import type { TracedRequest } from "./trace.ts";

/** One request. */
export interface Outcome {
  /** Place in `targets`. */
  readonly target: number;
  /** Place among the test prompts. */
  readonly prompt: number;
  readonly choice: Choice;
  /** Whether the answer is right to the letter. */
  readonly right: boolean;
  /** How much of its limits it takes by the clock that chose, nobody before it: 1 at most where it is in time. */
  readonly planned: number;
  /** The same by the clock of another moment. */
  readonly alone: number;
  /** The same by that clock, after having waited for those before it. */
  readonly queued: number;
  /** Milliseconds by the clock that chose: of the chooser, and to the first token with it. */
  readonly choosing: number;
  readonly ttft: number;
}

export interface RunOptions {
  readonly policy: Policy;
  readonly trace: readonly TracedRequest[];
  /** What limits are shares of: the model whose highest level is all of it. */
  readonly whole: Variant;
  readonly random: Random;
}

/** Runs a trace on one server. */
export function outcomesOf({ policy, trace, whole, random }: RunOptions): Outcome[] {
  const { test, clock, moments } = policy.variant;
  const answers = trace.flatMap(({ at, target: index, prompt }) => {
    const [asked, target] = [test[prompt], targets[index]];
    if (asked === undefined || target === undefined) return [];
    const choice = policy.choose({ asked, target, random });
    const moment = random.below(moments.length);
    const speed = speedOf(asked, choice, moments[moment] ?? clock);
    const usually = speedOf(asked, choice, clock);
    return {
      at,
      speed,
      service: speed.ttft + speed.tpot * (asked.answerTokens - 1),
      // What may be waited for is no share of a moment: the target was there before it.
      allowed: limitOf(asked, target, whole.clock),
      outcome: {
        target: index,
        prompt,
        choice,
        right: isRight(asked, choice),
        planned: pressureOf(usually, limitOf(asked, target, whole.clock)),
        choosing: usually.ttft - speedOf(asked, { ...choice, chooser: false }, clock).ttft,
        ttft: usually.ttft,
        alone: pressureOf(speed, limitOf(asked, target, whole.moments[moment] ?? whole.clock)),
      },
    };
  });
  const waits = waitsOf(answers);
  return answers.map(({ outcome, speed, allowed }, index) => ({
    ...outcome,
    queued: pressureOf({ ...speed, ttft: speed.ttft + (waits[index] ?? 0) }, allowed),
  }));
}
