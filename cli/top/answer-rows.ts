/** The answers under way and those of late, out of what devices tell of them. Pure. */
import type { AnswerStage } from "../../actors/events.ts";
import type { Happened } from "./look.ts";

/** Answers that are kept: the latest. */
const MOST_ANSWERS = 200;

/** Where an answer is. */
export type AnswerPlace = "waiting" | "reading" | "writing" | "interrupted" | "ended" | "failed" | "left";

/** An answer. Times are by the clock of the device where it entered. */
export interface AnswerRow {
  readonly id: string;
  readonly model: string;
  /** Where it entered: the device, and its name. */
  readonly device: string;
  readonly name: string;
  readonly beganAt: number;
  /** When it was heard of last. */
  readonly heardAt: number;
  readonly stage: AnswerPlace;
  readonly promptTokens?: number;
  readonly tokens: number;
  readonly ttftMilliseconds?: number;
  readonly tokensPerSecond?: number;
  /** Names of the devices that its tokens go through. */
  readonly route: readonly string[];
  /** How often it was taken up again. */
  readonly takenUp: number;
  /** Why it ended, failed or was interrupted. */
  readonly reason?: string;
}

/** An event as programs read it, as far as it is believed: it came from another device. */
type Told = Partial<{ readonly [K in KeysOf<AnswerStage>]: unknown }> & {
  readonly id?: unknown;
  readonly model?: unknown;
};
type KeysOf<T> = T extends unknown ? keyof T : never;

/** The answers once this has happened; the latest to begin comes first. */
export function answerHappened(rows: readonly AnswerRow[], happened: Happened): readonly AnswerRow[] {
  const told: Told = happened.event ?? {};
  if (happened.type !== "answer" || typeof told.id !== "string") return rows;
  const { id } = told;
  const before = rows.find((row) => row.id === id && row.device === happened.device) ?? begun(id, told, happened);
  const after = { ...before, ...changeOf(before, told, happened), heardAt: happened.at };
  const others = rows.filter((row) => row.id !== id || row.device !== happened.device);
  return [after, ...others].toSorted((a, b) => b.beganAt - a.beganAt).slice(0, MOST_ANSWERS);
}

function begun(id: string, { model }: Told, { device, name, at }: Happened): AnswerRow {
  const of = typeof model === "string" ? model : "";
  return { id, model: of, device, name, beganAt: at, heardAt: at, stage: "waiting", tokens: 0, route: [], takenUp: 0 };
}

function changeOf(before: AnswerRow, told: Told, { at }: Happened): Partial<AnswerRow> {
  const tokens = numberIn(told.tokens) ?? before.tokens;
  const reason = typeof told.reason === "string" ? { reason: told.reason } : {};
  switch (told.stage) {
    case "reading":
      return {
        stage: "reading",
        route: Array.isArray(told.route) ? told.route.filter((name) => typeof name === "string") : before.route,
        ...whole("promptTokens", told.promptTokens),
      };
    case "writing":
      return { stage: "writing", tokens: Math.max(1, tokens), ...whole("ttftMilliseconds", told.ttftMilliseconds) };
    case "going":
      return { stage: "writing", tokens, ...paceSince(before, tokens, at) };
    case "interrupted":
      return { stage: "interrupted", tokens, takenUp: before.takenUp + 1, ...reason };
    case "ended":
      return { stage: "ended", tokens, ...endOf(told), ...reason };
    case "failed":
      return { stage: "failed", ...(typeof told.message === "string" ? { reason: told.message } : {}) };
    case "left":
      return { stage: "left", tokens };
    default:
      return {};
  }
}

function endOf({ totalMilliseconds, ttftMilliseconds, tokens, conversations, promptTokens }: Told): Partial<AnswerRow> {
  const [total, ttft, count] = [totalMilliseconds, ttftMilliseconds, tokens].map(numberIn);
  const taken = numberIn(conversations);
  return {
    ...whole("promptTokens", promptTokens),
    ...whole("ttftMilliseconds", ttft),
    ...(taken === undefined ? {} : { takenUp: Math.max(0, taken - 1) }),
    ...(total === undefined || ttft === undefined || count === undefined || count < 2 || total <= ttft
      ? {}
      : { tokensPerSecond: (count - 1) * 1000 / (total - ttft) }),
  };
}

/** Tokens a second since it was heard of before. */
function paceSince({ tokens: before, heardAt, stage }: AnswerRow, tokens: number, at: number): Partial<AnswerRow> {
  if (stage !== "writing" || at - heardAt < 100 || tokens < before) return {};
  return { tokensPerSecond: (tokens - before) * 1000 / (at - heardAt) };
}

function numberIn(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function whole<K extends string>(key: K, value: unknown): { readonly [P in K]?: number } {
  const number = numberIn(value);
  return (number === undefined ? {} : { [key]: number }) as { readonly [P in K]?: number };
}

/** Tokens that have come to answers from one state to the next; of answers that were not known before none. */
export function tokensBetween(before: readonly AnswerRow[], after: readonly AnswerRow[]): number {
  const known = new Map(before.map(({ id, device, tokens }) => [`${device} ${id}`, tokens]));
  return after.reduce((sum, { id, device, tokens }) => {
    return sum + Math.max(0, tokens - (known.get(`${device} ${id}`) ?? tokens));
  }, 0);
}

/** Whether an answer is still to come to its end. */
export function isUnderWay({ stage }: AnswerRow): boolean {
  return stage === "waiting" || stage === "reading" || stage === "writing" || stage === "interrupted";
}
