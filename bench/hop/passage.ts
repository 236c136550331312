/** From the stamps of two devices to how long each stage of a token's way takes. Pure. */
import { median } from "../statistics.ts";
import type { StageName, Stamp } from "./stamps.ts";

/** What one device noted of one token. */
export type Visit = Readonly<Partial<Record<StageName, number>>> & {
  readonly blocks?: number;
};

/** A row of the table: medians, milliseconds. */
export interface Stage {
  readonly device: "first" | "second" | "between";
  readonly what: string;
  readonly milliseconds: number;
}

export interface Passage {
  /** In the order of a token's way; together about the time of a token. */
  readonly stages: readonly Stage[];
  /** What happens while something else goes on. */
  readonly beside: readonly Stage[];
  /** Tokens that were followed all the way. */
  readonly tokens: number;
  /** How far the second device's clock was found ahead of the first's. */
  readonly ahead: number;
}

/** Cuts a device's stamps into tokens, each from the arrival of a frame on. What is before the first is left out. */
export function visitsOf(stamps: readonly Stamp[]): Visit[] {
  const visits: (Record<string, number>)[] = [];
  for (const { stage, at, blocks } of stamps) {
    if (stage === "arrived") visits.push({});
    const visit = visits.at(-1);
    if (visit === undefined) continue;
    visit[stage] = at;
    if (blocks !== undefined) visit["blocks"] = blocks;
  }
  return visits;
}

/** What was noted of one token: at the first device, at the second, and at the first when the next one came. */
interface Token {
  readonly one: Visit;
  readonly other: Visit;
  readonly back: Visit;
}

type Measure = readonly [
  device: Stage["device"],
  what: string,
  take: (token: Token, ahead: number) => number,
];

const there = ({ one, other }: Token) => between(one.encoded, other.arrived);
const back = ({ other, back }: Token) => between(other.encoded, back.arrived);

/** The stages in order. */
const WAY: readonly Measure[] = [
  ["first", "a token's frame is decoded", ({ one }) => between(one.arrived, one.delivered)],
  ["first", "the conversation's turn comes", ({ one }) => between(one.delivered, one.conversed)],
  ["first", "the executor's turn comes", ({ one }) => between(one.conversed, one.received)],
  ...computing("first", ({ one }) => one),
  ["between", "hidden states on their way", (token, ahead) => there(token) - ahead],
  ["second", "the frame is decoded", ({ other }) => between(other.arrived, other.delivered)],
  ["second", "the executor's turn comes", ({ other }) => between(other.delivered, other.received)],
  ...computing("second", ({ other }) => other),
  ["between", "the token on its way", (token, ahead) => back(token) + ahead],
];
const BESIDE: readonly Measure[] = [
  ["first", "the call that writes", ({ one }) => between(one.encoded, one.written)],
  ["second", "the call that writes", ({ other }) => between(other.encoded, other.written)],
];

/** What an executor does with a token, on either device. */
function computing(device: "first" | "second", visit: (token: Token) => Visit): Measure[] {
  const worker = ({ asked, computed, blocks = NaN }: Visit) => between(asked, computed) - blocks;
  const of = (what: string, take: (visit: Visit) => number): Measure => [device, what, (token) => take(visit(token))];
  return [
    of("the step is made", ({ received, asked }) => between(received, asked)),
    of("to the compute thread and back", worker),
    of("the blocks", ({ blocks = NaN }) => blocks),
    of("the executor's turn for the result", ({ computed, handed }) => between(computed, handed)),
    of("its message is encoded", ({ handed, encoded }) => between(handed, encoded)),
  ];
}

/**
 * The stages of an answer's tokens but its first. `first` is the device of the embedding and the conversation, `second`
 * that of the head. Their clocks are set by the fastest frame each way, which are taken to take the same time.
 */
export function passageOf(first: readonly Stamp[], second: readonly Stamp[]): Passage {
  // The prompt's chunk is the second device's first visit; what it samples is the first device's first.
  const [ones, others] = [visitsOf(first), visitsOf(second)];
  const tokens = ones.flatMap((one, index): Token[] => {
    const [other, back] = [others[index + 1], ones[index + 1]];
    return isWhole(one) && isWhole(other) && back !== undefined ? [{ one, other, back }] : [];
  });
  const ahead = (Math.min(...tokens.map(there)) - Math.min(...tokens.map(back))) / 2;
  const measure = ([device, what, take]: Measure): Stage => {
    return { device, what, milliseconds: median(tokens.map((token) => take(token, ahead))) };
  };
  return { stages: WAY.map(measure), beside: BESIDE.map(measure), tokens: tokens.length, ahead };
}

function isWhole(visit: Visit | undefined): visit is Visit {
  return visit?.arrived !== undefined && visit.asked !== undefined && visit.written !== undefined;
}

function between(from: number | undefined, to: number | undefined): number {
  return (to ?? NaN) - (from ?? NaN);
}
