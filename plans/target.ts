/** How fast an answer must be: what a request asks for, as the API and the command line write it. Pure. */
import { parseMilliseconds } from "./units.ts";

/** The most that a time may take: by the clock, or as a share of what the whole model takes with the whole prompt. */
export type Bound =
  | { readonly type: "milliseconds"; readonly most: number }
  /** Above 0, 1 at most. */
  | { readonly type: "share"; readonly most: number };

/** What a request asks for. Without one, an answer is made by the whole model. */
export type Target =
  /** The whole model and the whole prompt, whatever they take: what is done without a target too. */
  | { readonly type: "full" }
  | {
    readonly type: "bounded";
    /** Time to the first token. Default: however long it takes; one of the two is there. */
    readonly ttft?: Bound;
    /** Time from token to token after it. Default: however long it takes. */
    readonly tpot?: Bound;
    /** Whether an answer that cannot be so fast is not wanted. Without: it is made as fast as can be. */
    readonly strict: boolean;
  };

/** A target, or a sentence on what is wrong with it. */
export type ParsedTarget =
  | { readonly type: "target"; readonly target: Target }
  | { readonly type: "invalid"; readonly reason: string };

/**
 * Targets that have a name, as shares of TTFT and TPOT: `balanced` is the second of ElastiLM's six (for reading along at
 * nearly all of the quality), `fast` the fourth (for whom waiting is worse than a poorer answer).
 */
export const namedTargets = {
  fast: { ttft: 0.4, tpot: 0.7 },
  balanced: { ttft: 0.8, tpot: 0.9 },
  full: undefined,
} as const;

type Name = keyof typeof namedTargets;
const names = Object.keys(namedTargets) as Name[];

/** An hour: nobody's target is longer, and a number beyond it is a mistake. */
const MOST_MILLISECONDS = 3_600_000;

const forms = `${names.map((name) => `"${name}"`).join(", ")}, {"ttft_ms": 400, "tpot_ms": 60} or ` +
  `{"ttft": 0.4, "tpot": 0.7}`;

/**
 * Reads `slo` of a request: a name, or an object of `ttft_ms` or `ttft`, `tpot_ms` or `tpot`, and `strict`; `strict` beside
 * it counts where the object does not say.
 */
export function parseTarget(value: unknown, strict = false): ParsedTarget {
  if (typeof value === "string") return parseName(value, strict);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return invalid(`A target is ${forms}, not ${shown(value)}.`);
  }
  const given: Readonly<Record<string, unknown>> = { ...value };
  for (const [key, each] of Object.entries(given)) {
    if (each === null || each === undefined) continue;
    if (key === "strict" ? typeof each !== "boolean" : !Object.hasOwn(bounds, key)) {
      return invalid(
        key === "strict"
          ? `A target's strict is true or false, not ${shown(each)}.`
          : `A target has no ${shown(key)}: write ${forms}.`,
      );
    }
  }
  const found: { ttft?: Bound; tpot?: Bound } = {};
  for (const [key, { of, type }] of Object.entries(bounds)) {
    const most = given[key];
    if (most === null || most === undefined) continue;
    if (found[of] !== undefined) return invalid(`A target says ${of} once: as ${of}_ms, or as a share.`);
    const reason = faultOf(key, type, most);
    if (reason !== undefined) return invalid(reason);
    found[of] = { type, most: most as number };
  }
  return bounded(found, typeof given["strict"] === "boolean" ? given["strict"] : strict);
}

/**
 * Reads a target as people type it: a name, or `ttft=400ms,tpot=60ms`, `ttft=40%,tpot=70%`; a bare number is milliseconds.
 * `strict` may be one of the parts.
 */
export function parseTargetText(text: string): ParsedTarget {
  const parts = text.slice(0, 200).split(",").map((part) => part.trim());
  const strict = parts.includes("strict");
  const [first = "", ...others] = parts.filter((part) => part !== "strict");
  if (others.length === 0 && !first.includes("=")) return parseName(first, strict, "ttft=400ms,tpot=60ms or ttft=40%");
  const found: { ttft?: Bound; tpot?: Bound } = {};
  for (const part of [first, ...others]) {
    const [, of, most = ""] = /^(ttft|tpot)=(.*)$/.exec(part) ?? [];
    if (of !== "ttft" && of !== "tpot") {
      return invalid(`"${part}" is no part of a target: write ttft=400ms,tpot=60ms or ttft=40%,tpot=70%.`);
    }
    if (found[of] !== undefined) return invalid(`"${text.slice(0, 200)}" says ${of} twice.`);
    const bound = parseBound(most);
    const reason = bound === undefined
      ? `"${most}" is no ${of}: write ${of}=400ms, or ${of}=40% of what the whole model takes.`
      : faultOf(of, bound.type, bound.most);
    if (bound === undefined || reason !== undefined) return invalid(reason ?? "");
    found[of] = bound;
  }
  return bounded(found, strict);
}

/** A target in words: "TTFT 400 ms, TPOT 70% of the whole model's". */
export function describeTarget(target: Target): string {
  if (target.type === "full") return "the whole model";
  const parts = [...describeBound("TTFT", target.ttft), ...describeBound("TPOT", target.tpot)];
  return `${parts.join(", ")}${target.strict ? ", or nothing" : ""}`;
}

/** The keys of the API's form. */
const bounds: Readonly<Record<string, { readonly of: "ttft" | "tpot"; readonly type: Bound["type"] }>> = {
  ttft_ms: { of: "ttft", type: "milliseconds" },
  tpot_ms: { of: "tpot", type: "milliseconds" },
  ttft: { of: "ttft", type: "share" },
  tpot: { of: "tpot", type: "share" },
};

function parseName(text: string, strict: boolean, otherwise = forms): ParsedTarget {
  const name = names.find((each) => each === text);
  if (name === undefined) {
    return invalid(`${shown(text)} is no target: write ${names.join(", ")}, or ${otherwise}.`);
  }
  const shares = namedTargets[name];
  if (shares === undefined) return { type: "target", target: { type: "full" } };
  const { ttft, tpot } = shares;
  return bounded({ ttft: { type: "share", most: ttft }, tpot: { type: "share", most: tpot } }, strict);
}

function parseBound(text: string): Bound | undefined {
  const share = /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1];
  if (share !== undefined) return { type: "share", most: Number(share) / 100 };
  const most = parseMilliseconds(/^\d+(\.\d+)?$/.test(text) ? `${text}ms` : text);
  return most === undefined ? undefined : { type: "milliseconds", most };
}

/** What is wrong with the most that a time may take; undefined where nothing is. */
function faultOf(key: string, type: Bound["type"], most: unknown): string | undefined {
  switch (type) {
    case "milliseconds":
      return typeof most === "number" && most > 0 && most <= MOST_MILLISECONDS
        ? undefined
        : `A target's ${key} is above 0 ms and at most an hour, not ${shown(most)}.`;
    case "share":
      return typeof most === "number" && most > 0 && most <= 1
        ? undefined
        : `A target's ${key} is a share of what the whole model takes, above 0 and at most 1 (100%), not ${
          shown(most)
        }; milliseconds are ${key}_ms.`;
    default:
      return type satisfies never;
  }
}

function bounded(found: { readonly ttft?: Bound; readonly tpot?: Bound }, strict: boolean): ParsedTarget {
  if (found.ttft === undefined && found.tpot === undefined) {
    return invalid(`A target says how long what may take: write ${forms}.`);
  }
  return { type: "target", target: { type: "bounded", ...found, strict } };
}

function describeBound(what: string, bound: Bound | undefined): string[] {
  if (bound === undefined) return [];
  return [
    bound.type === "milliseconds"
      ? `${what} ${Math.round(bound.most * 10) / 10} ms`
      : `${what} ${Math.round(bound.most * 1000) / 10}% of the whole model's`,
  ];
}

/** A value as it was written, cut where it is long. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}

function invalid(reason: string): ParsedTarget {
  return { type: "invalid", reason };
}
