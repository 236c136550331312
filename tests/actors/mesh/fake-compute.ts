/**
 * A compute worker that does arithmetic instead of inference. Every layer keeps a cache [slot][position] and mixes all
 * earlier positions into what it passes on, so a token depends on every token before it, in every layer: a hole in a cache,
 * a mixed-up slot, a row out of turn or one of another level changes what is answered, or throws.
 */
import {
  type CacheLayers,
  type Compute,
  ComputeError,
  ComputeGoneError,
  type ComputeSegment,
  type SegmentRequest,
  type StepRequest,
  type StepResult,
  type StepRow,
} from "../../../models/compute/mod.ts";
import { PROMPT_SHARES } from "../../../models/elastic.ts";
import type { Clock } from "../../../runtime/clock.ts";
import { defined } from "../defined.ts";

/** Elements of a hidden state: the first carries the value, the others say that whole states travel. */
export const WIDTH = 4;
const PRIME = 8191;

export interface FakeComputeOptions {
  readonly clock: Clock;
  readonly vocabulary: number;
  /** Milliseconds of one step on the clock, whatever it holds. */
  readonly stepMilliseconds: number;
  /** Milliseconds that loading a segment takes. */
  readonly loadMilliseconds: number;
}

/** The worker as a test sees it. */
export interface FakeCompute extends Compute {
  /** Segments that are loaded. */
  open(segment: SegmentRequest): Promise<FakeSegment>;
  readonly segments: ReadonlySet<FakeSegment>;
  /** Steps that have been run, and tokens that ran in them. */
  readonly steps: number;
  readonly tokens: number;
  /** The next `count` segments cannot be loaded. */
  failNextLoads(count: number, reason?: string): void;
  /** Positions that were written to caches from elsewhere. */
  readonly written: number;
  /** Whether such writes fail from now on. */
  refuseCopies(refuse: boolean): void;
  /** The worker dies: what is under way fails, and every step of what was open. */
  die(error?: ComputeError): void;
}

export interface FakeSegment extends ComputeSegment {
  readonly first: number;
  readonly last: number;
}

/** The answer that any split of a model of `layers` layers gives, at a level of it: what a test compares with. */
export function expectedTokens(
  prompt: readonly number[],
  count: number,
  layers: number,
  vocabulary: number,
  level?: number,
): number[] {
  const caches = Array.from({ length: layers }, () => new Array<number>());
  const tokens: number[] = [];
  for (let position = 0; tokens.length < count; position++) {
    const token = position < prompt.length ? prompt[position] : tokens[position - prompt.length];
    let value = token ?? 0;
    for (const cache of caches) value = mix(cache, position, value, level);
    if (position >= prompt.length - 1) tokens.push(tokenOf(value, vocabulary));
  }
  return tokens;
}

export function fakeCompute(options: FakeComputeOptions): FakeCompute {
  const { clock, stepMilliseconds, loadMilliseconds } = options;
  const segments = new Set<FakeSegment>();
  let [steps, tokens, written] = [0, 0, 0];
  let refusing = false;
  let failing = { count: 0, reason: "" };
  let life = new AbortController();
  /** Waits on the clock; a worker that dies meanwhile fails what waits. */
  function pass(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        cancel();
        reject(signal.reason);
      };
      const cancel = clock.after(milliseconds, () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
  return {
    segments,
    get steps() {
      return steps;
    },
    get tokens() {
      return tokens;
    },
    get written() {
      return written;
    },
    refuseCopies(refuse) {
      refusing = refuse;
    },
    failNextLoads(count, reason = "no room for it") {
      failing = { count, reason };
    },
    die(error = new ComputeGoneError("The compute worker failed: it was killed.")) {
      life.abort(error);
      life = new AbortController();
    },
    async open(request) {
      const { signal } = life;
      await pass(loadMilliseconds, signal);
      if (failing.count > 0) {
        failing.count--;
        throw new ComputeError(failing.reason);
      }
      let closed = false;
      let turn: Promise<unknown> = Promise.resolve();
      const { run, caches } = runner(request, options.vocabulary);
      const segment: FakeSegment = {
        first: request.blocks[0]?.index ?? -1,
        last: request.blocks.at(-1)?.index ?? -1,
        loadMilliseconds,
        step(step) {
          if (closed) return Promise.reject(new ComputeError("The segment is closed."));
          const result = pass(stepMilliseconds, signal).then(() => {
            steps++;
            tokens += step.rows.reduce((sum, { count }) => sum + count, 0);
            return run(step);
          });
          turn = result.catch(() => {});
          return result;
        },
        // As real ones, in their turn: behind the steps that were asked for before. A position of a layer is one number.
        async readCache(wanted, slot, from, to) {
          await turn;
          const layers = among(defined(caches[slot]), wanted);
          return Float32Array.from(layers.flatMap((layer) => layer.slice(from, to)));
        },
        async writeCache(wanted, slot, from, data) {
          await turn;
          const layers = among(defined(caches[slot]), wanted);
          if (refusing) throw new ComputeError("There is no writing to these caches.");
          const count = data.length / layers.length;
          written += count;
          for (const [index, layer] of layers.entries()) {
            if (from > layer.length) {
              throw new ComputeError(`A copy from ${from} on came to a cache of ${layer.length}.`);
            }
            layer.splice(from, Infinity, ...data.subarray(index * count, (index + 1) * count));
          }
        },
        async copyCache(source, target, upTo) {
          await turn;
          for (const [layer, values] of defined(caches[source]).entries()) {
            defined(caches[target])[layer] = values.slice(0, upTo);
          }
        },
        async discardCache(slot) {
          await turn;
          for (const layer of defined(caches[slot])) layer.length = 0;
        },
        close() {
          closed = true;
          segments.delete(segment);
          return Promise.resolve();
        },
      };
      segments.add(segment);
      return segment;
    },
    prepare: () => {},
    choose: ({ tokens, levels }) =>
      Promise.resolve({
        keep: Float32Array.from(tokens, (id) => (id % 10) / 10),
        right: PROMPT_SHARES.map((share) => Array.from({ length: levels }, (_, at) => (share * (at + 1)) / levels)),
        milliseconds: 1,
      }),
    probe: () => Promise.resolve({ decodeNanosecondsPerByte: 0.01, prefillNanosecondsPerMultiplyAdd: 0.01 }),
    close: () => Promise.resolve(life.abort(new ComputeError("The compute worker was closed."))),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function runner({ blocks, slots }: SegmentRequest, vocabulary: number) {
  const layers = blocks.filter(({ kind }) => kind === "layer");
  const caches = Array.from({ length: slots }, () => layers.map(() => new Array<number>()));
  const embeds = blocks[0]?.kind === "embed";
  const samples = blocks.at(-1)?.kind === "head";
  const run = ({ rows, tokens, hidden }: Omit<StepRequest, "segment">): StepResult => {
    const out: number[] = [];
    const sampled: number[][] = [];
    let offset = 0;
    for (const { slot, position, count, level, output } of rows) {
      const cache = caches[slot];
      if (cache === undefined) throw new ComputeError(`There is no slot ${slot}.`);
      const first = out.length;
      for (let at = 0; at < count; at++, offset++) {
        let value = (embeds ? tokens[offset] : hidden?.[offset * WIDTH]) ?? NaN;
        for (const layer of cache) value = mix(layer, position + at, value, level);
        out.push(value);
      }
      sampled.push(drawn(output, out.slice(first).map((value) => tokenOf(value, vocabulary))));
    }
    return {
      ...(samples ? {} : { hidden: Float32Array.from(out.flatMap((value) => [value, 0, 0, 0])) }),
      tokens: samples ? sampled : [],
      logits: samples ? rows.map(() => undefined) : [],
      blockMilliseconds: blocks.map(() => 1),
    };
  };
  return { run, caches };
}

/** What the head draws of a row, given what follows each of its tokens. */
function drawn(output: StepRow["output"], following: readonly number[]): number[] {
  if (typeof output === "string") return [];
  const { guesses } = output;
  if (guesses === undefined) return following.slice(-1);
  const wrong = guesses.findIndex((guess, at) => guess !== following[at]);
  return following.slice(0, wrong < 0 ? following.length : wrong + 1);
}

/** Writes a value to a cache and mixes what came before into it. Less of the model writes other values. */
function mix(cache: number[], position: number, input: number, level = 0): number {
  const value = (input + 1009 * level) % PRIME;
  if (position > cache.length) throw new ComputeError(`Position ${position} came to a cache of ${cache.length}.`);
  cache.length = position;
  cache.push(value);
  return cache.reduce((sum, earlier, at) => (sum * 31 + earlier * (at + 1) + 7) % PRIME, 1);
}

/** One of the layers, or all. */
function among<T>(layers: readonly T[], wanted: CacheLayers): readonly T[] {
  return wanted === "all" ? layers : [defined(layers[wanted])];
}

/** Never 0, which ends the text. */
function tokenOf(value: number, vocabulary: number): number {
  return 1 + value % (vocabulary - 1);
}
