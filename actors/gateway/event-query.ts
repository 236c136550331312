/**
 * What a reader of the stream of events asks for:
 *
 *     /skein/events?types=plan,answer&every=250ms&device=board&past=20
 *     /skein/events?types=told,handled&path=/supervisor/executor-1&device=board
 */
import { HappeningType } from "../inspector/happening.ts";
import * as v from "valibot";
import type { Following } from "./follower.ts";
import { RequestError } from "./request-error.ts";

/** How often a device tells of what happens there, if not asked for otherwise. */
const EVERY_MILLISECONDS = 250;
const [SHORTEST, LONGEST] = [50, 60_000];
const MAX_PAST = 128;
const MAX_TYPES = 64;

/** Reads the query of a URL. @throws {RequestError} 400 where it makes no sense. */
export function readEventQuery(query: URLSearchParams): Following {
  for (const name of query.keys()) {
    if (!["types", "path", "device", "every", "past"].includes(name)) {
      throw refused(`Events are asked for with types, path, device, every and past, not with "${name}".`, name);
    }
  }
  const devices = list(query.get("device"));
  const path = query.get("path") ?? undefined;
  if (path !== undefined && !path.startsWith("/")) throw refused(`"${path}" is not an actor's path.`, "path");
  const types = list(query.get("types"));
  if (types.length > MAX_TYPES || types.some((type) => !v.is(HappeningType, type))) {
    throw refused(`"${types.join(",")}" are not kinds of events: they are like plan,answer or told,handled.`, "types");
  }
  return {
    types,
    path,
    everyMs: every(query.get("every")),
    past: past(query.get("past")),
    of: (device, name) => devices.length === 0 || devices.some((wanted) => wanted === name || wanted === device),
  };
}

function list(value: string | null): string[] {
  return (value ?? "").split(",").filter((part) => part !== "");
}

function every(value: string | null): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(value ?? `${EVERY_MILLISECONDS}ms`) ?? [];
  const milliseconds = Math.round(Number(number) * (unit === "s" ? 1000 : 1));
  if (milliseconds >= SHORTEST && milliseconds <= LONGEST) return milliseconds;
  throw refused(`"${value}" is not a time from ${SHORTEST}ms to ${LONGEST / 1000}s, like 250ms or 2s.`, "every");
}

function past(value: string | null): number {
  const number = Number(value ?? "0");
  if (Number.isInteger(number) && number >= 0 && number <= MAX_PAST) return number;
  throw refused(`"${value}" is not a number of past events from 0 to ${MAX_PAST}.`, "past");
}

function refused(message: string, param: string): RequestError {
  return new RequestError(400, "invalid_request", message, param);
}
