/** A plan in words: what binds, what else could be done, and a verdict. Everything said has been solved, not guessed. */
import { formatBytes, segmentBytes } from "./bytes.ts";
import { solveExact } from "./exact.ts";
import { nameOf } from "./feasible.ts";
import type { Planned, SolveOptions } from "./outcome.ts";
import { loadOf } from "./lanes.ts";
import { mayHold } from "./policy.ts";
import { predict } from "./predict.ts";
import type { Device, Problem, Run } from "./problem.ts";
import { validate } from "./validate.ts";

/** Something that holds the plan back: without it, the objective would be so many times better. */
export interface Binding {
  readonly what: "memory" | "policy" | "links" | "stage" | "concurrency";
  /** Above 1. */
  readonly factor: number;
  readonly sentence: string;
}

/** Another plan that could be. */
export interface Alternative {
  readonly what: string;
  readonly runs: readonly Run[];
  readonly objectiveMilliseconds: number;
  /** Its objective over the plan's: above 1 is slower. */
  readonly factor: number;
}

/** A device that may take blocks and got none. */
export interface LeftOut {
  readonly device: string;
  readonly sentence: string;
}

export interface Explanation {
  /** One sentence, or two. */
  readonly verdict: string;
  /** The strongest first. */
  readonly binding: readonly Binding[];
  /** The best first. */
  readonly alternatives: readonly Alternative[];
  readonly leftOut: readonly LeftOut[];
}

/** Below this, a difference is not worth a word. */
const noticeable = 1.01;
/** Left-out devices that are looked into one by one. */
const mostLeftOut = 8;
/** Blocks that are pinned to a left-out device in turn. */
const mostPins = 32;

/** Explains a plan by solving its problem with one thing changed at a time, while time lasts. */
export function explain(asked: Problem, plan: Planned, options: SolveOptions = {}): Explanation {
  const checked = validate(asked);
  const problem = checked.type === "sound" ? checked.problem : asked;
  const value = plan.prediction.objectiveMilliseconds;
  const { now = () => 0, deadline = Infinity } = options;
  const solve = (changed: Problem) => {
    // No question takes more than a fraction of the time that is left, so that each gets its turn.
    const left = deadline - now();
    if (left <= 0) return undefined;
    const outcome = solveExact(changed, { now, deadline: now() + left / 8, gap: Math.max(0.002, options.gap ?? 0) });
    return outcome.type === "placed" ? outcome : undefined;
  };
  const used = new Set(plan.segments.map(({ device }) => device));
  const leftOut = problem.devices.filter(({ device, allowed }) => allowed && !used.has(device));
  // The cheap questions first: a left-out device takes a solve for each block.
  const [binding, alternatives] = [bindingsOf(problem, plan, solve), alternativesOf(problem, plan, solve)];
  const sentences = leftOut.slice(0, mostLeftOut).map((device) => {
    const best = bestWith(problem, device, value, solve);
    const late = best === undefined && now() >= deadline;
    const sentence = late
      ? `${device.name} is left out; there was no time to say how much slower it would be.`
      : undefined;
    return { device: device.device, sentence: sentence ?? leftOutSentence(problem, device, best, value) };
  });
  return {
    verdict: [aloneSentence(problem, plan), sentences[0]?.sentence].filter((each) => each !== undefined).join(" "),
    binding,
    alternatives,
    leftOut: sentences,
  };
}

type Solve = (problem: Problem) => Planned | undefined;

/** What the fastest device alone would do, whether it fits or not. */
function aloneSentence(problem: Problem, plan: Planned): string {
  const value = plan.prediction.objectiveMilliseconds;
  const last = problem.blocks.length - 1;
  const needed = segmentBytes(problem, 0, last);
  const alone = problem.devices.flatMap((device, index) => {
    if (!problem.blocks.every((_, block) => mayHold(problem, index, block))) return [];
    const devices = problem.devices.map((each) => each === device ? { ...each, usableBytes: needed } : each);
    const predicted = predict({ ...problem, devices }, [{ device: device.device, first: 0, last }]);
    return predicted.type === "possible" ? [{ device, value: predicted.prediction.objectiveMilliseconds }] : [];
  }).toSorted((a, b) => a.value - b.value);
  const [single] = plan.segments.length === 1 ? plan.segments : [];
  if (single !== undefined) {
    const name = nameOf(problem, single.device);
    const proof = plan.gap === 0 ? "splitting it would not be faster" : "no faster split was found";
    return `${name} runs the model alone: ${proof}.`;
  }
  const [fastest] = alone;
  if (fastest === undefined) return "No device may hold the whole model.";
  const { name, usableBytes } = fastest.device;
  const short = needed - usableBytes;
  const factor = value / fastest.value;
  if (short > 0 && factor >= noticeable) {
    return `${name} alone would be ${times(factor)} faster; it does not fit by ${formatBytes(short)}.`;
  }
  if (short > 0) return `${name} alone would not be faster, and it does not fit by ${formatBytes(short)}.`;
  return `The plan is ${times(fastest.value / value)} faster than ${name} alone.`;
}

/** The best plan that gives a device at least one block: blocks are pinned to it in turn, all or evenly spread ones. */
function bestWith(problem: Problem, { device }: Device, enough: number, solve: Solve): Planned | undefined {
  let best: Planned | undefined;
  const pins = problem.policy?.pins ?? [];
  const step = Math.max(1, Math.floor(problem.blocks.length / mostPins));
  for (let block = 0; block < problem.blocks.length; block += step) {
    const pin = { device, first: block, last: block };
    const outcome = solve({ ...problem, policy: { ...problem.policy, pins: [...pins, pin] } });
    if (outcome === undefined) continue;
    const better = outcome.prediction.objectiveMilliseconds < (best?.prediction.objectiveMilliseconds ?? Infinity);
    if (better) best = outcome;
    if (best !== undefined && best.prediction.objectiveMilliseconds <= enough * noticeable) break;
  }
  return best;
}

function leftOutSentence(
  problem: Problem,
  { name, device, usableBytes }: Device,
  best: Planned | undefined,
  value: number,
): string {
  const index = problem.devices.findIndex((each) => each.device === device);
  const smallest = Math.min(...problem.blocks.map((_, block) => segmentBytes(problem, block, block)));
  if (usableBytes < smallest) return `${name} has no room for a single block: left out.`;
  if (!problem.blocks.some((_, block) => mayHold(problem, index, block))) return `${name} may hold no block: left out.`;
  if (best === undefined) return `No plan that uses ${name} was found: left out.`;
  const factor = best.prediction.objectiveMilliseconds / value;
  return factor >= noticeable
    ? `Adding ${name} makes it ${times(factor)} slower: left out.`
    : `Adding ${name} makes it no faster: left out.`;
}

/** Takes one constraint away at a time. */
function bindingsOf(problem: Problem, plan: Planned, solve: Solve): Binding[] {
  const value = plan.prediction.objectiveMilliseconds;
  return relaxationsOf(problem, plan).flatMap(({ what, changed, sentence }) => {
    const best = solve(changed);
    const factor = best === undefined ? 1 : value / best.prediction.objectiveMilliseconds;
    return factor >= noticeable ? [{ what, factor, sentence: `${sentence} it would be ${times(factor)} faster.` }] : [];
  }).toSorted((a, b) => b.factor - a.factor);
}

/** The problem with one constraint less. */
interface Relaxed {
  readonly what: Binding["what"];
  readonly sentence: string;
  readonly changed: Problem;
}

function relaxationsOf(problem: Problem, plan: Planned): Relaxed[] {
  const { devices, links, shape } = problem;
  const needed = segmentBytes(problem, 0, problem.blocks.length - 1);
  const roomy = devices.map((device) => ({ ...device, usableBytes: Math.max(needed, device.usableBytes) }));
  const quick = links.map((link) => ({
    ...link,
    roundTripMilliseconds: link.roundTripMilliseconds / 2,
    bytesPerSecond: link.bytesPerSecond * 2,
  }));
  const relaxed = (what: Binding["what"], sentence: string, change: Partial<Problem>): Relaxed => {
    return { what, sentence, changed: { ...problem, ...change } };
  };
  const load = 2 * loadOf(shape);
  const waits = problem.objective === "throughput" && plan.prediction.bottleneck.kind === "loop";
  return [
    relaxed("memory", "With memory to spare on every device", { devices: roomy }),
    relaxed("policy", "Without private or pinned blocks", { policy: {} }),
    relaxed("links", "With links of half the round trip and twice the bandwidth", { links: quick }),
    ...slowestStage(plan).map((slow) =>
      relaxed("stage", `With ${slow.name} twice as fast`, {
        devices: devices.map((each) => each.device === slow.device ? twiceAsFast(each) : each),
      })
    ),
    ...(waits ? [relaxed("concurrency", `With ${load} requests at a time`, { shape: { ...shape, load } })] : []),
  ];
}

function slowestStage({ prediction: { stages } }: Planned) {
  return stages.toSorted((a, b) => b.requestMilliseconds - a.requestMilliseconds).slice(0, 1);
}

function twiceAsFast(device: Device): Device {
  return {
    ...device,
    prefillMillisecondsPerToken: device.prefillMillisecondsPerToken.map((time) => time / 2),
    decodeMilliseconds: device.decodeMilliseconds.map((time) => time / 2),
  };
}

/** One device alone, the plan without each of its devices, the plan in force. */
function alternativesOf(problem: Problem, plan: Planned, solve: Solve): Alternative[] {
  const value = plan.prediction.objectiveMilliseconds;
  const last = problem.blocks.length - 1;
  const planned = JSON.stringify(plan.segments.map(({ device, first }) => [device, first]));
  const found: Alternative[] = [];
  const add = (what: string, runs: readonly Run[]) => {
    const predicted = predict(problem, runs);
    if (predicted.type === "impossible") return;
    if (JSON.stringify(runs.map(({ device, first }) => [device, first])) === planned) return;
    const { objectiveMilliseconds } = predicted.prediction;
    found.push({ what, runs, objectiveMilliseconds, factor: objectiveMilliseconds / value });
  };
  for (const { device, name } of problem.devices) add(`${name} alone`, [{ device, first: 0, last }]);
  for (const { device, name } of plan.prediction.stages) {
    if (plan.segments.length === 1 && problem.devices.length === 1) break;
    const devices = problem.devices.map((each) => each.device === device ? { ...each, allowed: false } : each);
    add(`without ${name}`, solve({ ...problem, devices })?.segments ?? []);
  }
  if (problem.current !== undefined) add("as it is now", runsFrom(problem.current.devices));
  return found.toSorted((a, b) => a.objectiveMilliseconds - b.objectiveMilliseconds).slice(0, 5);
}

function runsFrom(devices: readonly string[]): Run[] {
  const runs: Run[] = [];
  for (const [block, device] of devices.entries()) {
    const before = runs.at(-1);
    if (before !== undefined && before.device === device) runs[runs.length - 1] = { ...before, last: block };
    else runs.push({ device, first: block, last: block });
  }
  return runs;
}

function times(factor: number): string {
  return `${factor >= 10 ? factor.toFixed(0) : factor.toFixed(factor < 1.1 ? 2 : 1)} ×`;
}
