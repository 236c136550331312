/** How fast this device computes, and with how many threads: trials, remembered for as long as the hardware stays what it is. */
import { join } from "node:path";
import * as v from "valibot";
import type { Compute, ComputeRates } from "../../models/compute/mod.ts";
import { type DataFolder, hardwareKey } from "../../runtime/host/mod.ts";

const RATES_FILE = "rates.json";
const Rate = v.pipe(v.number(), v.finite(), v.minValue(0));
const Trials = v.object({
  hardware: v.string(),
  trials: v.array(v.object({
    threads: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    rates: v.object({ decodeNanosecondsPerByte: Rate, prefillNanosecondsPerMultiplyAdd: Rate }),
  })),
});

/** More threads than this are not tried: beyond, memory is what a token waits for. */
const MOST_THREADS = 8;
/** Threads that make decode and prefill together less than so much faster are left to the rest of the machine. */
const WORTH = 0.9;

/** How fast the device was with so many threads. */
export interface Trial {
  readonly threads: number;
  readonly rates: ComputeRates;
}

type Start = (threads: number) => Tried | Promise<Tried>;
type Tried = Pick<Compute, "probe" | "close">;

/** Where trials are kept, and what they hold for. */
export interface TrialsOptions {
  readonly folder: Pick<DataFolder, "path" | "read" | "write">;
  readonly slowdown: number;
}

/** The trial's result of an earlier start on the same hardware with the same threads, or a new trial's. */
export async function knownRates(
  { threads, ...options }: TrialsOptions & { readonly threads: number },
  compute: Pick<Compute, "probe">,
): Promise<ComputeRates> {
  const trials = await readTrials(options);
  const kept = trials.find((trial) => trial.threads === threads);
  if (kept !== undefined) return kept.rates;
  const rates = await compute.probe(join(options.folder.path, "trial"));
  await writeTrials(options, [...trials, { threads, rates }]);
  return rates;
}

/**
 * Tries 1, 2, 4 and 8 threads and as many as there are cores, where that has not been done: about a second each. `start`
 * starts a worker with so many threads. Returns what was found, fewer threads first.
 */
export async function tryThreads(
  options: TrialsOptions & { readonly cores: number },
  start: Start,
): Promise<Trial[]> {
  const most = Math.min(options.cores, MOST_THREADS);
  const counts = [...new Set([1, 2, 4, 8, most])].filter((count) => count <= most).sort((a, b) => a - b);
  const known = await readTrials(options);
  const trials: Trial[] = [];
  for (const threads of counts) {
    trials.push(known.find((trial) => trial.threads === threads) ?? await tryOne(options, threads, start));
  }
  return trials;
}

async function tryOne(
  options: TrialsOptions,
  threads: number,
  start: Start,
): Promise<Trial> {
  const compute = await start(threads);
  try {
    return { threads, rates: await knownRates({ ...options, threads }, compute) };
  } finally {
    await compute.close();
  }
}

/** The number of threads to compute with: more than another where that makes decode and prefill together clearly faster. */
export function bestThreads(trials: readonly Trial[]): number {
  const cost = ({ rates }: Trial) => rates.decodeNanosecondsPerByte * rates.prefillNanosecondsPerMultiplyAdd;
  const [first, ...others] = trials.toSorted((a, b) => a.threads - b.threads);
  if (first === undefined) return 1;
  return others.reduce((best, trial) => cost(trial) < cost(best) * WORTH ** 2 ? trial : best, first).threads;
}

/** What is known of this hardware. */
async function readTrials({ folder, slowdown }: TrialsOptions): Promise<readonly Trial[]> {
  const kept = v.safeParse(v.pipe(v.string(), v.parseJson(), Trials), await folder.read(RATES_FILE));
  return kept.success && kept.output.hardware === hardwareOf(slowdown) ? kept.output.trials : [];
}

async function writeTrials({ folder, slowdown }: TrialsOptions, trials: readonly Trial[]): Promise<void> {
  await folder.write(RATES_FILE, JSON.stringify({ hardware: hardwareOf(slowdown), trials }));
}

function hardwareOf(slowdown: number): string {
  return `${hardwareKey()}, ${slowdown} times slower`;
}
