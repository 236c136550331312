/** What is compared with what. A group's contestants take turns, so that they share whatever else the machine does. */
import type { Contestant } from "./contestant.ts";
import { startKernels } from "./kernels.ts";
import { startLlama } from "./llama.ts";
import type { Quantization } from "./random-model.ts";
import { type SkeinOptions, startSkein } from "./skein.ts";

/** A row of a group's table. */
export interface Row {
  readonly name: string;
  readonly devices?: number;
  start(model: string): Promise<Contestant>;
}

interface Common {
  readonly title: string;
  readonly quantization: Quantization;
  /** The first is llama.cpp, and of a group of several prompts the last is the kernels alone. */
  readonly rows: readonly Row[];
}

/** Contestants that answer one prompt at a time, or eight at once. */
export type Group =
  | Common & { readonly type: "alone" }
  | Common & { readonly type: "together"; readonly prompts: number };

export interface GroupOptions {
  /** The longest context of the model, which is Skein's default for it. */
  readonly context: number;
  /** A Node that can run daemons. Without it there are no rows for Node. */
  readonly node: string | undefined;
}

const TOGETHER = 8;

/** Returns the groups by name; `quick` is the part of the first that development needs. */
export function groupsOf({ context, node }: GroupOptions): Readonly<Record<string, Group>> {
  const llama = (threads: number, sequences = 1) => llamaRow(context, threads, sequences);
  const onNode = (devices: number, threads: number) => node === undefined ? [] : [skeinRow({ devices, threads, node })];
  return {
    "one-thread": {
      type: "alone",
      title: "Q4_0, one thread a device",
      quantization: "Q4_0",
      rows: [
        llama(1),
        ...[1, 2, 3].map((devices) => skeinRow({ devices, threads: 1 })),
        ...[1, 3].flatMap((devices) => onNode(devices, 1)),
      ],
    },
    "two-threads": {
      type: "alone",
      title: "Q4_0, two threads",
      quantization: "Q4_0",
      rows: [llama(2), skeinRow({ devices: 1, threads: 2 }), ...onNode(1, 2)],
    },
    "k-quants": {
      type: "alone",
      title: "Q4_K_M, one thread a device",
      quantization: "Q4_K_M",
      rows: [llama(1), skeinRow({ devices: 1, threads: 1 }), skeinRow({ devices: 2, threads: 1 })],
    },
    "together": {
      type: "together",
      title: `Q4_0, ${TOGETHER} prompts at once, two threads in all`,
      quantization: "Q4_0",
      prompts: TOGETHER,
      rows: [
        llama(2, TOGETHER),
        skeinRow({ devices: 1, threads: 2, concurrency: TOGETHER }),
        skeinRow({ devices: 2, threads: 1, concurrency: TOGETHER }),
        {
          name: "Skein's kernels alone",
          start: (model) => startKernels(model, { threads: 2, rows: TOGETHER }),
        },
      ],
    },
    "quick": {
      type: "alone",
      title: "Q4_0, one thread a device, quick",
      quantization: "Q4_0",
      rows: [llama(1), skeinRow({ devices: 1, threads: 1 }), skeinRow({ devices: 2, threads: 1 })],
    },
  };
}

function llamaRow(context: number, threads: number, sequences: number): Row {
  return {
    name: "llama.cpp",
    start: (model) => startLlama(model, { context: context * sequences, threads, sequences }),
  };
}

function skeinRow(options: SkeinOptions): Row {
  const { devices, node } = options;
  const name = `Skein, ${devices} ${devices === 1 ? "device" : "devices"}${node === undefined ? "" : ", Node"}`;
  return { name, devices, start: (model) => startSkein(model, options) };
}
