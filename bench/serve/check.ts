/** Whether clients that are answered at once each get what they would get alone, and leave nothing behind. */
import { readFile } from "node:fs/promises";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { type LocalMesh, startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import { readStream } from "../../tests/e2e/read-stream.ts";
import { type Chance, chance } from "../chaos/random.ts";
import { leftoversOf } from "../chaos/leftovers.ts";

export interface CheckOptions {
  readonly clients: number;
  /** The most tokens of an answer. */
  readonly tokens: number;
  readonly seed: number;
}

export interface Check {
  readonly answers: number;
  /** Answers that their client left in their midst. */
  readonly cut: number;
  /** What was wrong, a sentence each. */
  readonly faults: readonly string[];
}

/** Of so many clients one leaves in the midst of its answer, and one at any moment: while it waits, or its prompt is read. */
const LEAVES = 4;
/** The latest of these moments, milliseconds after the request. */
const LATEST_MILLISECONDS = 500;
/** How often all ask at once. */
const ROUNDS = 3;
/** A daemon's memory may grow by this part, and this much, between two rounds: allocators keep what they had. */
const GROWTH = { part: 0.1, bytes: 32e6 } as const;

const SUBJECTS = [
  "a girl and her dog",
  "the old tree",
  "a boat",
  "the red ball",
  "a bird in the park",
];

interface Asked {
  readonly request: object;
  /** Leaves after so many pieces, or after so many milliseconds; undefined for one that stays. */
  readonly until: number | undefined;
  readonly after: number | undefined;
}

/** Starts so many daemons with the built-in model, and checks them. */
export async function checkOn(
  devices: number,
  options: CheckOptions,
): Promise<Check> {
  await using mesh = await startLocalMesh(devices, builtinModelPath(), [
    "--concurrency",
    "8",
  ]);
  return await checkServing(mesh, options);
}

/** Asks alone, then all at once and a few times, through the devices in turns. */
export async function checkServing(
  mesh: LocalMesh,
  { clients, tokens, seed }: CheckOptions,
): Promise<Check> {
  const asked = requests(clients, tokens, chance(seed));
  const alone: string[] = [];
  for (const { request } of asked) {
    alone.push((await readStream(mesh.api(0), request)).text);
  }
  const faults: string[] = [];
  const memory: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const texts = await Promise.all(
      asked.map((one, client) => ask(mesh, one, client)),
    );
    for (const [client, { text, error }] of texts.entries()) {
      const [wanted = "", left] = [
        alone[client],
        leaves(asked[client]),
      ];
      if (error !== undefined && !left) {
        faults.push(`client ${client}: ${error}`);
      } else if (left ? !wanted.startsWith(text) : wanted !== text) {
        faults.push(
          `client ${client} got ${JSON.stringify(text)}, alone ${JSON.stringify(wanted)}`,
        );
      }
    }
    const { answers, conversations, places } = await leftoversOf(mesh, [0]);
    if (answers + conversations + places > 0) {
      faults.push(
        `${answers} answers, ${conversations} conversations and ${places} places are left`,
      );
    }
    memory.push(
      await Promise.all(
        mesh.daemons.map(({ ready }) => residentBytes(ready.pid)),
      ),
    );
  }
  const [first = [], last = []] = [memory[0], memory.at(-1)];
  for (const [daemon, after] of last.entries()) {
    const before = first[daemon] ?? NaN;
    if (after <= before * (1 + GROWTH.part) + GROWTH.bytes) continue;
    faults.push(`daemon ${daemon} grew from ${before} to ${after} bytes`);
  }
  return {
    answers: ROUNDS * clients,
    cut: ROUNDS * asked.filter(leaves).length,
    faults,
  };
}

function leaves(asked: Asked | undefined): boolean {
  return asked?.until !== undefined || asked?.after !== undefined;
}

/** Prompts of mixed lengths; half of the answers are drawn by a seed, half are the likeliest. */
function requests(clients: number, tokens: number, random: Chance): Asked[] {
  return Array.from({ length: clients }, (_, client) => {
    const sentences = Math.floor(random.between(1, 8));
    const prompt = Array.from(
      { length: sentences },
      () => `One day there was ${random.of(SUBJECTS)}.`,
    ).join(" ");
    const drawing = client % 2 === 0 ? { temperature: 0 } : { temperature: 1, seed: client };
    return {
      request: {
        prompt,
        max_tokens: Math.ceil(random.between(tokens / 4, tokens)),
        ...drawing,
      },
      until: client % LEAVES === LEAVES - 1 ? Math.ceil(random.between(1, tokens / 8)) : undefined,
      after: client % LEAVES === 1 ? random.between(0, LATEST_MILLISECONDS) : undefined,
    };
  });
}

function ask(
  mesh: LocalMesh,
  { request, until = Infinity, after }: Asked,
  client: number,
) {
  const leaving = new AbortController();
  const timer = after === undefined ? undefined : setTimeout(() => leaving.abort(), after);
  return readStream(mesh.api(client % mesh.daemons.length), request, {
    signal: leaving.signal,
    onPiece: (count) => {
      if (count >= until) leaving.abort();
    },
  }).finally(() => clearTimeout(timer));
}

/** Where the system tells; 0 elsewhere. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(status.match(/VmRSS:\s+(\d+) kB/)?.[1] ?? 0) * 1024;
}
