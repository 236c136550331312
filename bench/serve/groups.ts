/** What is compared with what. A group's servers take turns, so that they share whatever else the machine does. */
import { startLlama } from "./llama.ts";
import type { Lengths, Load } from "./loads.ts";
import type { Server } from "./server.ts";
import { startSkein } from "./skein.ts";

/** A server of a group. */
export interface Row {
  readonly name: string;
  start(model: string): Promise<Server>;
}

/** A load of a group, by the name that it has in tables and claims. */
export interface Column {
  readonly name: string;
  readonly load: Load;
  /** Default: as clients leave it. */
  readonly temperature?: number;
}

/** One measure over another, and what it is to be. */
export interface Claim {
  readonly what: string;
  /** Row and column. The measure is the load's `ratio` where there is no `over`, else tokens a second. */
  readonly of: readonly [string, string];
  readonly over?: readonly [string, string];
  readonly target: { readonly least: number } | { readonly most: number };
}

export interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column[];
  readonly claims: readonly Claim[];
}

/** The most answers at once, and tokens of prompt and answer of one, that llama.cpp has room for. */
const LLAMA = { sequences: 16, context: 1024 } as const;
const MIXED: Omit<Lengths, "tokens"> = {
  prompt: [16, 256],
  system: { share: 0.5, tokens: 64 },
};

/** Returns the groups by name. `tokens`: of each answer. */
export function groupsOf(tokens: number): Readonly<Record<string, Group>> {
  return { ...throughputGroups(tokens), ...latencyGroups(tokens), ...otherGroups(tokens) };
}

const llama = llamaRow(2);
const [one2, one, two, three] = [skeinRow(1, 2), skeinRow(1, 1), skeinRow(2, 1), skeinRow(3, 1)];

/** So many clients, each with one answer. */
function at(clients: number, tokens: number): Column {
  return { name: `${clients}`, load: { type: "closed", clients, answers: 1, lengths: { prompt: [16, 16], tokens } } };
}

function greedy(clients: number, tokens: number): Column {
  return { ...at(clients, tokens), name: `${clients}, greedy`, temperature: 0 };
}

function mixed(clients: number, tokens: number): Column {
  const lengths = { ...MIXED, tokens: Math.ceil(tokens / 2) };
  return { name: `${clients}, mixed`, load: { type: "closed", clients, answers: 2, lengths } };
}

function throughputGroups(tokens: number): Readonly<Record<string, Group>> {
  const columns = (...clients: number[]) => clients.map((count) => at(count, tokens));
  const two8 = [two.name, "8"] as const;
  const three4 = [three.name, "4"] as const;
  return {
    "one-device": {
      title: "one device, two threads",
      rows: [llama, one2],
      columns: [...columns(1, 4, 8, 16), greedy(8, tokens), mixed(8, tokens)],
      claims: [claim("8 prompts on one device over llama.cpp", [one2.name, "8"], [llama.name, "8"], 2.5)],
    },
    "two-devices": {
      title: "two devices, two threads in all",
      rows: [llama, one, two],
      columns: [...columns(1, 8, 16), mixed(8, tokens)],
      claims: [
        claim("8 prompts on two devices over llama.cpp", two8, [llama.name, "8"], 2),
        claim("8 prompts on two devices over one of them", two8, [one.name, "8"], 1.5),
        claim("16 prompts on two devices over one of them", [two.name, "16"], [one.name, "16"], 1.65),
      ],
    },
    "three-devices": {
      title: "three devices, a thread each; more threads than cores make them wait for each other",
      rows: [one, three],
      columns: columns(1, 4, 8),
      claims: [
        claim("4 prompts on three devices over one prompt on three", three4, [three.name, "1"], 2.4),
        claim("LinguaLinked: lanes over one prompt, even split (1.73 to 2.65)", three4, [three.name, "1"], 1.73),
        claim("EdgeShard: throughput over one device (2), the same prompts", [three.name, "8"], [one.name, "8"], 2),
        claim("EdgeShard as published: 8 prompts on three over one on one", [three.name, "8"], [one.name, "1"], 2),
      ],
    },
  };
}

function latencyGroups(tokens: number): Readonly<Record<string, Group>> {
  return {
    "newcomer": {
      title: "a prompt of 512 tokens comes while four read",
      rows: [one2, two],
      columns: [{ name: "512", load: { type: "newcomer", readers: 4, tokens: 4 * tokens, promptTokens: 512 } }],
      claims: [one2, two].map(({ name }) => ({
        what: `${name}: p95 from token to token meanwhile over the p50 before`,
        of: [name, "512"],
        target: { most: 3 },
      })),
    },
    "second-turn": {
      title: "the second turn of a conversation of 400 tokens",
      rows: [one2, two],
      columns: [{ name: "400", load: { type: "second-turn", promptTokens: 400 } }],
      claims: [one2, two].map(({ name }) => ({
        what: `${name}: TTFT of a second turn over that of a fresh prompt`,
        of: [name, "400"],
        target: { most: 0.25 },
      })),
    },
  };
}

function otherGroups(tokens: number): Readonly<Record<string, Group>> {
  const lengths = { ...MIXED, tokens };
  return {
    "arrivals": {
      title: "mixed prompts that come by chance, one a second",
      rows: [llama, one2, two],
      columns: [{ name: "1/s", load: { type: "poisson", requests: 16, rate: 1, lengths } }],
      claims: [],
    },
    "predicted": {
      title: "predicted beside measured",
      rows: [one, two, three],
      columns: [1, 4, 8].map((clients) => at(clients, tokens)),
      claims: [],
    },
  };
}

/** What a run of three minutes measures. */
export const quickGroups: readonly string[] = ["two-devices"];

function claim(
  what: string,
  of: Claim["of"],
  over: Claim["of"],
  least: number,
): Claim {
  return { what, of, over, target: { least } };
}

function llamaRow(threads: number): Row {
  return {
    name: `llama.cpp, ${threads} threads`,
    start: (model) => startLlama(model, { ...LLAMA, threads }),
  };
}

function skeinRow(devices: number, threads: number): Row {
  const name = `Skein, ${devices} x ${threads}`;
  return { name, start: (model) => startSkein(model, devices, threads) };
}
