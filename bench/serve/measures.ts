/** Numbers of answers: how soon they begin, how evenly they go on, how much comes of all. */
import { median, percentile } from "../statistics.ts";
import type { Answered } from "./loads.ts";
import type { Answer } from "./server.ts";

/** Milliseconds by share. */
export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What a load showed, or the medians of several rounds. */
export interface Measures {
  /** From prompt to first token. */
  readonly ttft: Spread;
  /** From token to token of an answer. */
  readonly between: Spread;
  /** Of all answers together, while every client is busy. */
  readonly tokensPerSecond: number;
  /** Newcomer: p95 from token to token while its prompt is read, over the p50 before. Second turn: TTFT over a fresh one's. */
  readonly ratio: number;
}

/** The measures of one round. */
export function measuresOf(answered: Answered): Measures {
  switch (answered.type) {
    case "served": {
      const all = answered.clients.flat();
      return {
        ...spreads(all),
        tokensPerSecond: rateOf(answered.clients),
        ratio: NaN,
      };
    }
    case "newcomer": {
      const { readers, newcomer: { sent, arrivals: [first = NaN] } } = answered;
      const within = (from: number, to: number) => gaps(readers, (at) => at > from && at <= to);
      // A gap that ends just behind the newcomer's first token is its doing as well.
      const [quiet, disturbed] = [
        within(-Infinity, sent),
        within(sent, first + median(within(-Infinity, sent))),
      ];
      return {
        ttft: spread([first - sent]),
        between: spread(disturbed),
        tokensPerSecond: NaN,
        ratio: percentile(disturbed, 0.95) / median(quiet),
      };
    }
    case "second-turn": {
      const { second, fresh } = answered;
      return {
        ...spreads([second]),
        tokensPerSecond: NaN,
        ratio: ttftOf(second) / ttftOf(fresh),
      };
    }
    default:
      return answered satisfies never;
  }
}

/** The middle of rounds, number by number. */
export function medianMeasures(rounds: readonly Measures[]): Measures {
  const of = (value: (measures: Measures) => number) => median(rounds.map(value));
  const spreadOf = (value: (measures: Measures) => Spread): Spread => ({
    p50: of((each) => value(each).p50),
    p95: of((each) => value(each).p95),
    p99: of((each) => value(each).p99),
  });
  return {
    ttft: spreadOf(({ ttft }) => ttft),
    between: spreadOf(({ between }) => between),
    tokensPerSecond: of(({ tokensPerSecond }) => tokensPerSecond),
    ratio: of(({ ratio }) => ratio),
  };
}

/** Tokens a second from when the last client got its first token until the first client is done. */
function rateOf(clients: readonly (readonly Answer[])[]): number {
  const times = clients.map((answers) => answers.flatMap(({ arrivals }) => arrivals));
  const all = times.flat();
  const begin = Math.max(...times.map((own) => own[0] ?? NaN));
  const end = Math.min(...times.map((own) => own.at(-1) ?? NaN));
  // Clients that come and go by chance are never all busy.
  const [from, to] = end > begin ? [begin, end] : [Math.min(...all), Math.max(...all)];
  return all.filter((at) => at > from && at <= to).length / (to - from) * 1000;
}

function spreads(
  answers: readonly Answer[],
): Pick<Measures, "ttft" | "between"> {
  return {
    ttft: spread(answers.map(ttftOf)),
    between: spread(gaps(answers, () => true)),
  };
}

function ttftOf({ sent, arrivals }: Answer): number {
  return (arrivals[0] ?? NaN) - sent;
}

function gaps(
  answers: readonly Answer[],
  counts: (at: number) => boolean,
): number[] {
  return answers.flatMap(({ arrivals }) =>
    arrivals.slice(1).flatMap((at, index) => counts(at) ? [at - (arrivals[index] ?? at)] : [])
  );
}

function spread(values: readonly number[]): Spread {
  return {
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    p99: percentile(values, 0.99),
  };
}
