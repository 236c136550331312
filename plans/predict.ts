/** What a plan will do, by the cost model. */
import { segmentBytes } from "./bytes.ts";
import {
  crossingBytes,
  entryMilliseconds,
  hopMilliseconds,
  movedBytes,
  moveMilliseconds,
  occupiedMilliseconds,
  prefillMilliseconds,
  returnBytes,
  returnMilliseconds,
  transferMilliseconds,
  workMilliseconds,
} from "./cost.ts";
import { firstTokenMilliseconds } from "./first-token.ts";
import { impossible, linkFinder, nameOf } from "./feasible.ts";
import { loadOf } from "./lanes.ts";
import type { Device, Objective, Problem, Run } from "./problem.ts";
import type { LinkPrediction, StagePrediction } from "./stages.ts";
import { type Bottleneck, throughputOf } from "./throughput.ts";

export type { Bottleneck, LinkPrediction, StagePrediction };

export interface Prediction {
  /** Tokens of the prompt that TTFT is predicted for. */
  readonly promptTokens: number;
  /** Milliseconds from prompt to first token; the chunks of a long prompt are under way in several stages at once. */
  readonly ttftMilliseconds: number;
  /** Milliseconds from token to token of one request. */
  readonly tpotMilliseconds: number;
  /** One request by itself, its prompt in one piece: the least that all others must allow for. */
  readonly requestMilliseconds: number;
  /** Requests that are under way all the time in `tokensPerSecond`, and in how many lanes: see `laneCounts`. */
  readonly requests: number;
  readonly lanes: number;
  /** Of all requests together, their prefills counted. */
  readonly tokensPerSecond: number;
  readonly stages: readonly StagePrediction[];
  readonly links: readonly LinkPrediction[];
  readonly bottleneck: Bottleneck;
  /** Bytes of weights that devices would have to fetch under the plan in force; 0 without one. */
  readonly movedBytes: number;
  /** What the objective charges for them: milliseconds of a request. */
  readonly movingMilliseconds: number;
  /** The problem's objective, cost of moving included: see `Objective`. */
  readonly objectiveMilliseconds: number;
}

/** A prediction, or what makes the plan impossible. */
export type Predicted =
  | { readonly type: "possible"; readonly prediction: Prediction }
  | { readonly type: "impossible"; readonly reason: string };

/**
 * Evaluates any assignment of runs to devices under a sound problem: memory, policy, links, then the times. A device may
 * hold several runs (EdgeShard's Algorithm 1 does that); its memory then holds all of them.
 */
export function predict(problem: Problem, runs: readonly Run[]): Predicted {
  const reason = impossible(problem, runs);
  if (reason !== undefined) return { type: "impossible", reason };
  const stages = runs.map((run) => stageOf(problem, run));
  const links = linksOf(problem, runs);
  if (typeof links === "string") return { type: "impossible", reason: links };
  const entry = entryOf(problem, runs[0]?.device ?? "");
  if (typeof entry === "string") return { type: "impossible", reason: entry };
  const requestMilliseconds = entry + sum(stages, (stage) => stage.requestMilliseconds) +
    sum(links, (link) => link.requestMilliseconds);
  const { lanes, bottleneck } = throughputOf(problem, runs, links, entry, "plain");
  return {
    type: "possible",
    prediction: {
      promptTokens: problem.shape.promptTokens,
      ttftMilliseconds: entry + firstTokenMilliseconds(problem, stages, links),
      tpotMilliseconds: sum(stages, (stage) => stage.decodeMilliseconds) +
        sum(links, (link) => link.decodeMilliseconds),
      requestMilliseconds,
      requests: loadOf(problem.shape),
      lanes,
      tokensPerSecond: 1000 / bottleneck.milliseconds,
      stages,
      links,
      bottleneck,
      movedBytes: sum(runs, (run) => overBlocks(run, (block) => movedBytes(problem, run.device, block))),
      movingMilliseconds: sum(stages, (stage) => stage.chargedMilliseconds - stage.requestMilliseconds),
      objectiveMilliseconds: problem.objective === "throughput"
        ? throughputOf(problem, runs, links, entry, "charged").bottleneck.milliseconds
        : objectiveOf(problem.objective, stages, links, requestMilliseconds),
    },
  };
}

/** The sum over a run's blocks. */
function overBlocks({ first, last }: Run, cost: (block: number) => number): number {
  let total = 0;
  for (let block = first; block <= last; block++) total += cost(block);
  return total;
}

function stageOf(problem: Problem, run: Run): StagePrediction {
  const { device: id, first, last } = run;
  const device = problem.devices.find(({ device }) => device === id) as Device;
  const over = (cost: (block: number) => number) => overBlocks(run, cost);
  const requestMilliseconds = over((block) => workMilliseconds(problem, device, block));
  return {
    device: id,
    name: device.name,
    first,
    last,
    bytes: segmentBytes(problem, first, last),
    usableBytes: device.usableBytes,
    prefillMilliseconds: over((block) => prefillMilliseconds(problem, device, block)),
    decodeMilliseconds: over((block) => device.decodeMilliseconds[block] ?? 0),
    requestMilliseconds,
    chargedMilliseconds: requestMilliseconds + over((block) => moveMilliseconds(problem, id, block)),
  };
}

function linksOf(problem: Problem, runs: readonly Run[]): LinkPrediction[] | string {
  const { shape, objective } = problem;
  const find = linkFinder(problem);
  const links: LinkPrediction[] = [];
  for (const [index, { device: from, last }] of runs.entries()) {
    const back = index === runs.length - 1;
    const to = (back ? runs[0] : runs[index + 1])?.device ?? from;
    const block = problem.blocks[last];
    if (to === from || block === undefined) continue;
    const link = find(from, to);
    // LinguaLinked's program knows no way back.
    if (link === undefined && back && objective === "lingualinked") continue;
    const name = `${nameOf(problem, from)} to ${nameOf(problem, to)}`;
    if (link === undefined) return `No link leads from ${name}.`;
    const perToken = back ? returnBytes : block.activationBytes;
    links.push({
      from,
      to,
      name,
      back,
      prefillMilliseconds: transferMilliseconds(link, back ? returnBytes : perToken * shape.promptTokens),
      decodeMilliseconds: transferMilliseconds(link, perToken),
      requestMilliseconds: back ? returnMilliseconds(link, shape) : hopMilliseconds(link, block, shape),
      tokenMilliseconds: occupiedMilliseconds(link, perToken),
      busyMilliseconds: occupiedMilliseconds(
        link,
        back ? returnBytes * shape.outputTokens : crossingBytes(block, shape),
      ),
    });
  }
  return links;
}

function entryOf(problem: Problem, first: string): number | string {
  const { source, shape, objective } = problem;
  if (source === undefined || source === first) return 0;
  if (objective === "lingualinked") return "LinguaLinked's header, the source, owns the first block.";
  const find = linkFinder(problem);
  const [to, from] = [find(source, first), find(first, source)];
  if (to === undefined || from === undefined) {
    return `${nameOf(problem, source)}, where prompts enter, and ${nameOf(problem, first)} do not reach each other.`;
  }
  return entryMilliseconds(to, from, shape);
}

function objectiveOf(
  objective: Exclude<Objective, "throughput">,
  stages: readonly StagePrediction[],
  links: readonly LinkPrediction[],
  request: number,
): number {
  const charged = sum(stages, (stage) => stage.chargedMilliseconds);
  const moving = charged - sum(stages, (stage) => stage.requestMilliseconds);
  switch (objective) {
    case "latency":
      return request + moving;
    case "lingualinked":
      return charged + sum(links.filter(({ back }) => !back), (link) => link.busyMilliseconds);
    default:
      return objective satisfies never;
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
