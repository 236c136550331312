/** Runs a group's contestants in turns, round after round. */
import { median } from "../statistics.ts";
import type { Contestant, Measurement, Memory } from "./contestant.ts";
import type { Group } from "./groups.ts";
import { threadKinds, type ThreadTimes } from "./threads.ts";

export interface RoundOptions {
  /** Rounds that count; one before them warms up. */
  readonly rounds: number;
  /** Tokens of the long prompt. */
  readonly promptTokens: number;
  /** Tokens decoded after the short prompt; after the long one half as many. */
  readonly decodeTokens: number;
}

/** A row's medians over the rounds; milliseconds. */
export interface AloneResult {
  readonly name: string;
  readonly devices: number;
  /** A token after a prompt of 16. */
  readonly decode: number;
  /** A token after the long prompt. */
  readonly decodeLong: number;
  /** From the long prompt to its first token. */
  readonly prefill: number;
  /** Processor time a token by kind of thread, all devices together. */
  readonly threads?: ThreadTimes;
  readonly memory: readonly Memory[];
}

export interface TogetherResult {
  readonly name: string;
  /** Tokens a second of all answers, median over the rounds. */
  readonly tokensPerSecond: number;
}

const SHORT_PROMPT = 16;

/** Measures contestants that answer one prompt at a time, in the order of the group's rows. */
export async function measureAlone(
  group: Group,
  model: string,
  options: RoundOptions,
): Promise<AloneResult[]> {
  const { rounds, promptTokens, decodeTokens } = options;
  await using field = await enter(group, model);
  const short = group.rows.map((): Measurement[] => []);
  const long = group.rows.map((): Measurement[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contestant] of field.contestants.entries()) {
      const first = await contestant.measure(SHORT_PROMPT, decodeTokens);
      const second = await contestant.measure(
        promptTokens,
        Math.ceil(decodeTokens / 2),
      );
      if (round > 0) {
        short[index]?.push(first);
        long[index]?.push(second);
      }
    }
    console.error(
      round === 0 ? "  warmed up" : `  round ${round} of ${rounds}`,
    );
  }
  return await Promise.all(
    group.rows.map(
      async ({ name, devices = 0 }, index): Promise<AloneResult> => {
        const [ofShort = [], ofLong = []] = [short[index], long[index]];
        const threads = medianThreads(ofShort);
        return {
          name,
          devices,
          decode: median(ofShort.map(({ decode }) => decode)),
          decodeLong: median(ofLong.map(({ decode }) => decode)),
          prefill: median(ofLong.map(({ prefill }) => prefill)),
          ...threads === undefined ? {} : { threads },
          memory: await field.contestants[index]?.memory() ?? [],
        };
      },
    ),
  );
}

/** Measures contestants that answer several prompts at once. */
export async function measureTogether(
  group: Group & { readonly type: "together" },
  model: string,
  { rounds, decodeTokens }: RoundOptions,
): Promise<TogetherResult[]> {
  await using field = await enter(group, model);
  const rates = group.rows.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contestant] of field.contestants.entries()) {
      const rate = await contestant.together(group.prompts, decodeTokens);
      if (round > 0) rates[index]?.push(rate);
    }
    console.error(
      round === 0 ? "  warmed up" : `  round ${round} of ${rounds}`,
    );
  }
  return group.rows.map(({ name }, index) => ({
    name,
    tokensPerSecond: median(rates[index] ?? []),
  }));
}

/** Starts all contestants, one after another; what has started is stopped when one fails. */
async function enter(
  group: Group,
  model: string,
): Promise<AsyncDisposable & { readonly contestants: Contestant[] }> {
  const contestants: Contestant[] = [];
  const leave = async () => {
    for (const contestant of contestants.reverse()) {
      await contestant[Symbol.asyncDispose]();
    }
  };
  try {
    for (const { start } of group.rows) contestants.push(await start(model));
  } catch (error) {
    await leave();
    throw error;
  }
  return { contestants, [Symbol.asyncDispose]: leave };
}

function medianThreads(
  measurements: readonly Measurement[],
): ThreadTimes | undefined {
  const all = measurements.flatMap(({ threads }) => threads ?? []);
  if (all.length === 0) return undefined;
  const of = (kind: (typeof threadKinds)[number]) => median(all.map((threads) => threads[kind]));
  return {
    main: of("main"),
    workers: of("workers"),
    V8: of("V8"),
    "I/O": of("I/O"),
    other: of("other"),
  };
}
