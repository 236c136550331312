/** EdgeShard's set-up (arXiv 2405.14371) from its profile: its figures, its algorithms and the exact solver side by side. */
import { predict, type Problem, type Run, solvers } from "../../plans/mod.ts";
import { fixed, type Row, type Table } from "./table.ts";

interface Model {
  readonly name: string;
  readonly layers: number;
  readonly width: number;
  /** Weights and time of a decoder layer relative to Llama2-7B's. */
  readonly scale: number;
  readonly published: Readonly<
    Record<string, readonly [ms: string, tokensPerSecond: string]>
  >;
}

const none = ["out of memory", "out of memory"] as const;

const models: readonly Model[] = [
  {
    name: "Llama2-7B",
    layers: 32,
    width: 4096,
    scale: 1,
    published: {
      "edge alone": ["140.3", "24.36*"],
      "source + cloud, even": ["227.35*", "7.56*"],
      "source + cloud, best": ["140.34*", "24.36*"],
      "EdgeShard": ["75.88", "52.45"],
    },
  },
  {
    name: "Llama2-13B",
    layers: 40,
    width: 5120,
    scale: 317 / 202,
    published: {
      "edge alone": none,
      "source + cloud, even": ["319.44*", "4.68*"],
      "source + cloud, best": ["243.45*", "4.74*"],
      "EdgeShard": ["173.43*", "10.45*"],
    },
  },
  {
    name: "Llama2-70B",
    layers: 80,
    width: 8192,
    scale: 856 / 202,
    published: {
      "edge alone": none,
      "source + cloud, even": none,
      "source + cloud, best": none,
      "EdgeShard": ["3086", "1.25*"],
    },
  },
];

/** Sequences in a micro-batch: an activation is 4 x 4096 x 4 bytes. */
const rows = 4;
/** Milliseconds of a Llama2-7B layer, and usable bytes. */
const boards = {
  agx: { milliseconds: 5.3, usableBytes: 29e9 },
  nx: { milliseconds: 6.0, usableBytes: 14e9 },
  cloud: { milliseconds: 0.79, usableBytes: 22e9 },
} as const;

// 12 AGX Orin (the first is the source), 2 Orin NX, an RTX 3090.
const names = [
  ...Array.from({ length: 12 }, (_, index) => `agx-${index}`),
  "nx-0",
  "nx-1",
  "cloud",
];

function setUp(model: Model, cloudMbps: number, otherMbps = 50): Problem {
  const { layers, width, scale } = model;
  const kinds = [
    "embed" as const,
    ...Array.from({ length: layers }, () => "layer" as const),
    "head" as const,
  ];
  const blocks = kinds.map((kind) => ({
    kind,
    weightBytes: kind === "layer" ? 0.754e9 * scale : 32000 * width * 4,
    kvBytesPerToken: 0,
    activationBytes: kind === "head" ? 4 * rows : rows * width * 4,
  }));
  return {
    blocks,
    devices: devicesFor(model, blocks),
    links: linksOf(cloudMbps, otherMbps),
    objective: "latency",
    source: "agx-0",
    policy: { pins: [{ device: "agx-0", first: 0, last: 0 }] },
    // One pass stands for each token.
    shape: { promptTokens: 1, outputTokens: 1, context: 1, concurrency: 1 },
  };
}

function devicesFor(
  { scale }: Model,
  blocks: Problem["blocks"],
): Problem["devices"] {
  return names.map((name) => {
    const board = boards[name.split("-")[0] as keyof typeof boards];
    // 174.0 ms on one AGX leave 4.4 ms for embedding and head: 0.83 of a layer.
    const times = blocks.map(({ kind }) =>
      board.milliseconds * scale *
      (kind === "embed" ? 0 : kind === "head" ? 0.83 : 1)
    );
    return {
      device: name,
      name,
      usableBytes: board.usableBytes,
      decodeMilliseconds: times,
      prefillMillisecondsPerToken: times,
      trusted: true,
      allowed: true,
    };
  });
}

function linksOf(cloudMbps: number, otherMbps: number): Problem["links"] {
  return names.flatMap((from) =>
    names.filter((to) => to !== from).map((to) => {
      const slow = (from === "agx-0" && to === "cloud") ||
        (from === "cloud" && to === "agx-0");
      return {
        from,
        to,
        roundTripMilliseconds: 4.2,
        bytesPerSecond: (slow ? cloudMbps : otherMbps) * 1e6 / 8,
      };
    })
  );
}

function only(problem: Problem, keep: readonly string[]): Problem {
  return {
    ...problem,
    devices: problem.devices.map((each) => ({
      ...each,
      allowed: keep.includes(each.device),
    })),
  };
}

/** Milliseconds a token by method, undefined where it does not fit. */
type Times = Readonly<Record<string, number | undefined>>;

async function methods(problem: Problem): Promise<Times> {
  const last = problem.blocks.length - 1;
  const of = (runs: readonly Run[]) => {
    const predicted = predict(problem, runs);
    return predicted.type === "possible" ? predicted.prediction.objectiveMilliseconds : undefined;
  };
  const solved = async (name: "exact" | "dynamic", asked: Problem) => {
    const outcome = await solvers[name](asked);
    return outcome.type === "placed" ? outcome.prediction.objectiveMilliseconds : undefined;
  };
  const half = Math.floor(last / 2);
  return {
    "edge alone": of([{ device: "agx-0", first: 0, last }]),
    "source + cloud, even": of([{ device: "agx-0", first: 0, last: half }, {
      device: "cloud",
      first: half + 1,
      last,
    }]),
    "source + cloud, best": await solved(
      "exact",
      only(problem, ["agx-0", "cloud"]),
    ),
    "EdgeShard": await solved("dynamic", problem),
    "exact": await solved("exact", problem),
  };
}

/** Latency and throughput for the three models, then a sweep of the one bad link. */
export async function edgeShardTables(): Promise<Table[]> {
  return [
    {
      title: "EdgeShard's set-up: 12 AGX Orin, 2 Orin NX, an RTX 3090",
      notes: [
        "Profile: a layer of Llama2-7B takes 5.3, 6.0, 0.79 ms and 0.754 GB; 13B and 70B scaled by a layer's weights.",
        "Source to cloud 1 Mbps, others 50 Mbps, 2.1 ms a transfer; embedding on the source; micro-batches of 4 sequences.",
        'Published figures with a star are recalled, not checked. "EdgeShard" is its Algorithm 1 (latency), 2 (throughput).',
        "Its pipelines' depth is not known: throughput is given for 1, 2 and any number of micro-batches under way.",
      ],
      rows: await comparison(),
    },
    {
      title: "The one bad link, swept (Llama2-7B)",
      notes: [
        "Published for 1 Mbps: 140.3 ms alone, 75.88 with EdgeShard, 1.85 times. The gain is the way round the bad link.",
      ],
      rows: await sweep(),
    },
  ];
}

async function comparison(): Promise<Row[]> {
  const table: Row[] = [];
  for (const model of models) {
    const problem = setUp(model, 1);
    const latency = await methods(problem);
    const through: Times[] = [];
    for (const concurrency of [1, 2, 1000]) {
      const shape = { ...problem.shape, concurrency };
      through.push(
        await methods({ ...problem, objective: "throughput", shape }),
      );
    }
    for (const [method, milliseconds] of Object.entries(latency)) {
      const [ms, tokens] = model.published[method] ?? ["", ""];
      const rate = (index: number) => {
        const each = through[index]?.[method];
        return fixed(each === undefined ? undefined : 1000 * rows / each, 2);
      };
      table.push({
        model: model.name,
        method,
        "ms a token": fixed(milliseconds),
        "published ": ms,
        "tokens/s, 1 micro-batch": rate(0),
        "2 micro-batches": rate(1),
        "any number": rate(2),
        "published": tokens,
      });
    }
  }
  return table;
}

async function sweep(): Promise<Row[]> {
  const table: Row[] = [];
  const [small] = models;
  for (const mbps of [0.5, 1, 2, 5, 10, 25, 50, 100]) {
    if (small === undefined) break;
    const found = await methods(setUp(small, mbps));
    const [alone, best, theirs, ours] = [
      "edge alone",
      "source + cloud, best",
      "EdgeShard",
      "exact",
    ].map((name) => found[name]);
    table.push({
      "source to cloud, Mbps": mbps,
      "edge alone, ms": fixed(alone),
      "source + cloud": fixed(best),
      "EdgeShard": fixed(theirs),
      "exact": fixed(ours),
      "gain over alone": fixed((alone ?? 0) / (ours ?? 1), 2),
    });
  }
  return table;
}
