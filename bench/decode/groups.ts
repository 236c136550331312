/** What is compared with what. A group's contestants take turns, so that they share whatever else the machine does. */
import type { Contestant } from "./contestant.ts";
import { startLlama } from "./llama.ts";
import type { Quantization } from "./random-model.ts";
import { startSkein } from "./skein.ts";

/** A row of a group's table. */
export interface Row {
  readonly name: string;
  readonly devices?: number;
  start(model: string): Promise<Contestant>;
}

interface Common {
  readonly title: string;
  readonly quantization: Quantization;
  /** The first is llama.cpp. */
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
export function groupsOf(
  { context, node }: GroupOptions,
): Readonly<Record<string, Group>> {
  const llama = (threads: number, sequences = 1): Row => ({
    name: "llama.cpp",
    start: (model) =>
      startLlama(model, { context: context * sequences, threads, sequences }),
  });
  const deno = (devices: number, threads: number, concurrency = 1): Row => ({
    name: `Skein, ${devices === 1 ? "1 device" : `${devices} devices`}`,
    devices,
    start: (model) => startSkein(model, { devices, threads, concurrency }),
  });
  const onNode = (devices: number, threads: number): Row[] => {
    if (node === undefined) return [];
    const name = `${deno(devices, threads).name}, Node`;
    return [{
      name,
      devices,
      start: (model) => startSkein(model, { devices, threads, node }),
    }];
  };
  return {
    "one-thread": {
      type: "alone",
      title: "Q4_0, one thread a device",
      quantization: "Q4_0",
      rows: [
        llama(1),
        deno(1, 1),
        deno(2, 1),
        deno(3, 1),
        ...onNode(1, 1),
        ...onNode(3, 1),
      ],
    },
    "two-threads": {
      type: "alone",
      title: "Q4_0, two threads",
      quantization: "Q4_0",
      rows: [llama(2), deno(1, 2), ...onNode(1, 2)],
    },
    "k-quants": {
      type: "alone",
      title: "Q4_K_M, one thread a device",
      quantization: "Q4_K_M",
      rows: [llama(1), deno(1, 1), deno(2, 1)],
    },
    "together": {
      type: "together",
      title: `Q4_0, ${TOGETHER} prompts at once, two threads in all`,
      quantization: "Q4_0",
      prompts: TOGETHER,
      rows: [llama(2, TOGETHER), deno(1, 2, TOGETHER), deno(2, 1, TOGETHER)],
    },
    "quick": {
      type: "alone",
      title: "Q4_0, one thread a device, quick",
      quantization: "Q4_0",
      rows: [llama(1), deno(1, 1), deno(2, 1)],
    },
  };
}
