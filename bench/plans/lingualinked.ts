/** LinguaLinked's set-up (arXiv 2312.00388): three fast phones and a slow one, no KV cache, its assignment against ours. */
import {
  evenSplit,
  pipelineOf,
  predict,
  type Prediction,
  type Problem,
  type Run,
  simulate,
  solvers,
} from "../../plans/mod.ts";
import { fixed, type Row, type Table } from "./table.ts";

const models = [
  { name: "BLOOM 1.1B float32", layers: 24, width: 1536, bytes: 4 },
  { name: "BLOOM 1.7B float32", layers: 24, width: 2048, bytes: 4 },
  { name: "BLOOM 3B int8", layers: 30, width: 2560, bytes: 1 },
] as const;

/** Assumed: a Pixel 7 Pro's work rate on float32 matrices, and its Wi-Fi. */
const [flopsPerMillisecond, bytesPerSecond, roundTripMilliseconds] = [
  2e7,
  8e6,
  6,
];
/** Positions of a sample: the whole text is computed for each token. */
const positions = 100;
/** Samples under way when it runs with several threads, as many as phones. */
const lanes = 4;

function setUp(
  { layers, width, bytes }: (typeof models)[number],
  slowSpeed: number,
): Problem {
  const kinds = [
    "embed" as const,
    ...Array.from({ length: layers }, () => "layer" as const),
    "head" as const,
  ];
  const vocabulary = 250_880;
  const parameters = kinds.map((kind) => kind === "layer" ? 12 * width ** 2 : vocabulary * width);
  const names = ["pixel-1", "pixel-2", "pixel-3", "low-end"];
  const devices = names.map((name) => {
    const speed = name === "low-end" ? slowSpeed : 1;
    // The head turns one position into a token; the table costs nothing.
    const times = kinds.map((kind, index) => {
      const rows = kind === "layer" ? positions : kind === "head" ? 1 : 0;
      return 2 * rows * (parameters[index] ?? 0) / flopsPerMillisecond / speed;
    });
    return {
      device: name,
      name,
      // 0.7 of what is available.
      usableBytes: 0.7 * (name === "low-end" ? 2e9 : 5e9),
      decodeMilliseconds: times,
      prefillMillisecondsPerToken: times,
      trusted: true,
      allowed: true,
    };
  });
  return {
    blocks: kinds.map((kind, index) => ({
      kind,
      weightBytes: bytes * (parameters[index] ?? 0),
      kvBytesPerToken: 0,
      activationBytes: kind === "head" ? 4 : positions * width * 4,
    })),
    devices,
    links: names.flatMap((from) =>
      names.filter((to) => to !== from).map((to) => ({
        from,
        to,
        roundTripMilliseconds,
        bytesPerSecond,
      }))
    ),
    objective: "latency",
    source: "pixel-1",
    policy: { pins: [{ device: "pixel-1", first: 0, last: 0 }] },
    shape: { promptTokens: 1, outputTokens: 1, context: 1, concurrency: 1 },
  };
}

/** Blocks in equal numbers, in the order of the ring. */
function equalSplit(problem: Problem): Run[] {
  const [count, phones] = [problem.blocks.length, problem.devices.length];
  return problem.devices.map(({ device }, index) => {
    return {
      device,
      first: Math.round(index * count / phones),
      last: Math.round((index + 1) * count / phones) - 1,
    };
  });
}

function predictionOf(
  problem: Problem,
  runs: readonly Run[],
): Prediction | undefined {
  const roomy = {
    ...problem,
    devices: problem.devices.map((each) => ({ ...each, usableBytes: 1e12 })),
  };
  const predicted = predict(roomy, runs);
  return predicted.type === "possible" ? predicted.prediction : undefined;
}

/** Samples a second, by the simulator: one at a time, or several in the pipeline. */
function rate(
  problem: Problem,
  prediction: Prediction | undefined,
  count: number,
): number {
  if (prediction === undefined) return NaN;
  return simulate(pipelineOf(problem, prediction), { lanes: count, passes: 60 })
    .steadyTokensPerSecond;
}

/** Assignment gain over the equal split, one sample at a time and several in the pipeline. */
export async function linguaLinkedTables(): Promise<Table[]> {
  const rows: Row[] = [];
  for (const model of models) {
    for (const slowSpeed of [0.2, 0.35, 0.5]) {
      const problem = setUp(model, slowSpeed);
      const equal = predictionOf(problem, equalSplit(problem));
      const solved = async (name: "linear" | "exact", asked: Problem) => {
        const outcome = await solvers[name](asked);
        return outcome.type === "placed" ? predictionOf(problem, outcome.segments) : undefined;
      };
      const theirs = await solved("linear", {
        ...problem,
        objective: "lingualinked",
      });
      const ours = await solved("exact", problem);
      const piped = await solved("exact", {
        ...problem,
        objective: "throughput",
        shape: { ...problem.shape, concurrency: lanes },
      });
      const even = evenSplit(problem);
      const [one, many] = [
        rate(problem, equal, 1),
        rate(problem, equal, lanes),
      ];
      rows.push({
        model: model.name,
        "slow phone's speed": slowSpeed,
        "even by memory": fixed(
          even.type === "placed" ? rate(problem, predictionOf(problem, even.segments), 1) / one : NaN,
          2,
        ),
        "LinguaLinked's, single": fixed(rate(problem, theirs, 1) / one, 2),
        "exact latency, single": fixed(rate(problem, ours, 1) / one, 2),
        "equal, multi": fixed(many / one, 2),
        "LinguaLinked's, multi": fixed(rate(problem, theirs, lanes) / one, 2),
        "exact throughput, multi": fixed(rate(problem, piped, lanes) / one, 2),
        "bottleneck, theirs / ours": fixed(longest(theirs) / longest(piped), 2),
      });
    }
  }
  return [{
    title:
      "LinguaLinked's set-up: three Pixel 7 Pro and a low-end phone; speed-up over its equal split, one sample at a time",
    notes: [
      "Published over the equal split: 1.11 to 1.61 single-threaded, 1.73 to 2.65 multi-threaded (arXiv 2312.00388).",
      "Assumed here: 20 GFLOP/s a Pixel, Wi-Fi of 8 MB/s and 6 ms, 100 positions, 0.7 of 5 and 2 GB.",
      "Its program sums compute, so it fills the fast phones first: the last column is what that does to the slowest stage.",
    ],
    rows,
  }];
}

function longest(prediction: Prediction | undefined): number {
  return Math.max(
    ...(prediction?.stages ?? []).map(({ requestMilliseconds }) => requestMilliseconds),
  );
}
