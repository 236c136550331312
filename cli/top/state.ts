/** What `skein top` knows of the mesh: made of looks at it and of what happens there, by pure functions. */
import type { EventLine, PlanView } from "../../actors/gateway/api.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import { answerHappened, type AnswerRow, tokensBetween } from "./answer-rows.ts";
import type { Happened, Look } from "./look.ts";
import { type DeviceRates, ratesBetween } from "./rates.ts";

/** Happenings that are kept, answers among them or not. */
const MOST_EVENTS = 1000;
/** Seconds of the pace that are kept: more than any terminal has columns for. */
const MOST_PACES = 120;
/** Progress of fetching that nothing was heard of for so long is over. */
const FETCH_MILLISECONDS = 5000;

/** What happened longer ago was told as the past: no token of it was made since the last look. Clocks differ by less. */
const FRESH_MILLISECONDS = 5000;
/** Looks over which the pace is averaged. */
const PACE_LOOKS = 3;

/** Whether the daemon answers. */
export type Link =
  | { readonly type: "asking" }
  | { readonly type: "live" }
  | { readonly type: "lost"; readonly reason: string; readonly since: number };

/** How far a device is that fetches blocks. */
export interface Fetch {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly from: string;
  /** When it was heard of, by the wall clock of this machine. */
  readonly heardAt: number;
}

/** What is known. Times are milliseconds since 1970 by this machine's clock, where nothing else is said. */
export interface Known {
  readonly api: string;
  readonly now: number;
  readonly link: Link;
  readonly look: Look | undefined;
  /** By device; of those that the last two looks show. */
  readonly rates: ReadonlyMap<string, DeviceRates>;
  /** Medians over answers that entered at the daemon that is asked. */
  readonly measured: PlanView["measured"];
  /** Ids of the devices that any look has shown, in the order that they came. */
  readonly seen: readonly string[];
  /** The latest first. */
  readonly answers: readonly AnswerRow[];
  /** The oldest first. */
  readonly events: readonly Happened[];
  /** What actors do with messages, as far as it was asked for: the oldest first. */
  readonly ticks: readonly Happened[];
  /** Events that the daemon could not tell. */
  readonly missed: number;
  /** By device. */
  readonly fetches: ReadonlyMap<string, Fetch>;
  /** Tokens a second of all answers together, a figure a look, the oldest first. */
  readonly pace: readonly number[];
  /** Tokens that were heard of since the last look. */
  readonly made: number;
}

/** What there is to know anew. */
export type News =
  | { readonly type: "looked"; readonly now: number; readonly look: Look }
  | { readonly type: "measured"; readonly measured: PlanView["measured"] }
  | { readonly type: "happened"; readonly now: number; readonly line: EventLine }
  /** What was asked for beside all of that; nothing yet of something else. */
  | { readonly type: "ticked"; readonly now: number; readonly line: EventLine }
  | { readonly type: "other-ticks" }
  | { readonly type: "found"; readonly api: string }
  | { readonly type: "lost"; readonly now: number; readonly reason: string };

/** Before anything was heard. */
export function nothingKnown(api: string, now: number): Known {
  return {
    api,
    now,
    link: { type: "asking" },
    look: undefined,
    rates: new Map(),
    measured: undefined,
    seen: [],
    answers: [],
    events: [],
    ticks: [],
    missed: 0,
    fetches: new Map(),
    pace: [],
    made: 0,
  };
}

/** What is known once this is known too. */
export function learn(known: Known, news: News): Known {
  switch (news.type) {
    case "looked": {
      const rates = known.look === undefined ? known.rates : ratesBetween(known.look, news.look);
      const seconds = (news.look.at - (known.look?.at ?? -Infinity)) / 1000;
      const pace = [...known.pace, known.made / seconds].slice(-MOST_PACES);
      return {
        ...known,
        now: news.now,
        link: { type: "live" },
        look: news.look,
        rates,
        pace,
        made: 0,
        seen: seenIn(known.seen, news.look),
      };
    }
    case "measured":
      return { ...known, measured: news.measured };
    case "happened":
      return happened({ ...known, now: news.now }, news.line);
    case "ticked":
      if (!("at" in news.line)) return { ...known, now: news.now, missed: known.missed + news.line.events };
      return { ...known, now: news.now, ticks: [...known.ticks, news.line].slice(-MOST_EVENTS) };
    case "other-ticks":
      return { ...known, ticks: [] };
    case "found":
      return { ...known, api: news.api };
    case "lost": {
      const since = known.link.type === "lost" ? known.link.since : news.now;
      return { ...known, now: news.now, link: { type: "lost", reason: news.reason, since } };
    }
    default:
      return news satisfies never;
  }
}

function seenIn(seen: readonly string[], { inspection }: Look): readonly string[] {
  const others = inspection.devices.map(({ device }) => device).filter((device) => !seen.includes(device));
  return others.length === 0 ? seen : [...seen, ...others];
}

function happened(known: Known, line: EventLine): Known {
  if (!("at" in line)) return { ...known, missed: known.missed + line.events };
  // A stream that was opened again tells once more what happened lately.
  if (known.events.some((event) => isSame(event, line))) return known;
  const fetches = fetched(known, line);
  if (line.type === "fetching") return { ...known, fetches };
  const answers = answerHappened(known.answers, line);
  return {
    ...known,
    fetches,
    answers,
    made: known.made + (known.now - line.at > FRESH_MILLISECONDS ? 0 : tokensBetween(known.answers, answers)),
    events: inOrder(known.events, line).slice(-MOST_EVENTS),
  };
}

/** Devices tell of the past one after another. */
function inOrder(events: readonly Happened[], line: Happened): readonly Happened[] {
  const later = (events.at(-1)?.at ?? 0) > line.at;
  return later ? [...events, line].toSorted((a, b) => a.at - b.at) : [...events, line];
}

function isSame(one: Happened, other: Happened): boolean {
  return one.at === other.at && one.device === other.device && one.text === other.text && one.path === other.path;
}

function fetched({ fetches, now }: Known, { device, type, event }: Happened): ReadonlyMap<string, Fetch> {
  const others = new Map([...fetches].filter(([id]) => id !== device));
  if (type === "segment") return others;
  if (type !== "fetching") return fetches;
  const [doneBytes, totalBytes] = [Number(event?.["doneBytes"]), Number(event?.["totalBytes"])];
  if (!(totalBytes > 0) || !(doneBytes >= 0)) return fetches;
  return others.set(device, { doneBytes, totalBytes, from: String(event?.["from"] ?? ""), heardAt: now });
}

/** What a device fetches now. */
export function fetchOf({ fetches, now }: Known, device: string): Fetch | undefined {
  const fetch = fetches.get(device);
  return fetch === undefined || now - fetch.heardAt > FETCH_MILLISECONDS ? undefined : fetch;
}

/** Tokens a second of all answers together over the last looks; answers tell about once a second how far they are. */
export function paceOf({ pace }: Known): number {
  const lately = pace.slice(-PACE_LOOKS);
  return lately.reduce((sum, figure) => sum + figure, 0) / Math.max(1, lately.length);
}

/** The plans in force under which answers begin, in the order of their models. */
export function plansOf({ look }: Known): ActivePlan[] {
  const models = look?.inspection.models ?? [];
  return models.flatMap((model) => model.type === "active" && model.retiring !== true ? [model.plan] : []);
}
