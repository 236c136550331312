/** Looking at a daemon: at the mesh once a second, and at what happens there all the while; again and again where it is lost. */
import * as v from "valibot";
import { routes } from "../../actors/gateway/api.ts";
import { errorText } from "../../runtime/error-text.ts";
import { call, lines, request } from "../api-client.ts";
import type { News } from "./state.ts";

const LOOK_MILLISECONDS = 1000;
/** How long a look may take; longer than devices may take to describe themselves. */
const DEADLINE_MILLISECONDS = 8000;
/** What changes with a plan or an answer is asked for with every so manieth look. */
const MEASURED_EVERY = 5;
/** A stream that ended, or that nothing came of for so long, is opened again. Daemons send an empty line every 15 s. */
const AGAIN_MILLISECONDS = 1000;
const SILENT_MILLISECONDS = 40_000;

/** Times as the watch needs them; tests give their own. */
export interface Times {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that only grow. */
  ticks(): number;
  /** Resolves after so long, or when `signal` is aborted. */
  rest(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** What is watched, and who hears of it. */
export interface WatchOptions {
  /** Where the daemon's API is; asked again after it was lost. @throws where there is none. */
  readonly find: () => Promise<string>;
  readonly onNews: (news: News) => void;
  readonly signal: AbortSignal;
  readonly times: Times;
  /** Events of each device that are told from before. */
  readonly past: number;
  /** While this is so nothing is asked. Default: never. */
  readonly paused?: () => boolean;
}

/** Watches until `signal` is aborted; never rejects. */
export async function watch(options: WatchOptions): Promise<void> {
  await Promise.all([lookOn(options), listenOn(options)]);
}

async function lookOn({ find, onNews, signal, times, paused = () => false }: WatchOptions): Promise<void> {
  for (let count = 0, api = ""; !signal.aborted;) {
    const began = times.ticks();
    if (!paused()) {
      try {
        if (api === "") onNews({ type: "found", api: api = await find() });
        await look(api, count++ % MEASURED_EVERY === 0, { onNews, signal, times });
      } catch (error) {
        if (signal.aborted) return;
        onNews({ type: "lost", now: times.now(), reason: errorText(error) });
        [api, count] = ["", 0];
      }
    }
    await times.rest(Math.max(0, LOOK_MILLISECONDS - (times.ticks() - began)), signal);
  }
}

async function look(
  api: string,
  measured: boolean,
  { onNews, signal, times }: Pick<WatchOptions, "onNews" | "signal" | "times">,
): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MILLISECONDS)]);
  const [inspection, plan] = await Promise.all([
    call(api, routes.inspect, undefined, deadline),
    measured ? call(api, routes.plan, undefined, deadline) : undefined,
  ]).catch((error) => {
    if (signal.aborted || !deadline.aborted) throw error;
    throw new Error(`The daemon at ${api} has not answered for ${DEADLINE_MILLISECONDS / 1000} seconds.`);
  });
  if (plan !== undefined) onNews({ type: "measured", measured: plan.measured });
  onNews({ type: "looked", now: times.now(), look: { at: times.ticks(), inspection } });
}

async function listenOn({ find, onNews, signal, times, past }: WatchOptions): Promise<void> {
  const onLine = (line: string) => {
    const parsed = v.safeParse(routes.events.response, parseJson(line));
    // What another version tells otherwise is left out: the looks say when versions do not go together.
    if (parsed.success) onNews({ type: "happened", now: times.now(), line: parsed.output });
  };
  while (!signal.aborted) {
    // That the daemon is lost is for the looks to tell.
    await find().then((api) => listen(api, `past=${past}&every=500ms`, { onLine, signal, times })).catch(() => {});
    await times.rest(AGAIN_MILLISECONDS, signal);
  }
}

/** Reads the events of a query until the stream ends, falls silent, or `signal` is aborted. @throws as `request` does */
export async function listen(
  api: string,
  query: string,
  { onLine, signal, times }: Pick<WatchOptions, "signal" | "times"> & { readonly onLine: (line: string) => void },
): Promise<void> {
  const ending = new AbortController();
  const both = AbortSignal.any([signal, ending.signal]);
  let heard = times.ticks();
  void (async () => {
    while (!both.aborted) {
      await times.rest(SILENT_MILLISECONDS / 4, both);
      if (times.ticks() - heard > SILENT_MILLISECONDS) ending.abort();
    }
  })();
  try {
    for await (const line of lines(await request(api, `${routes.events.path}?${query}`, { signal: both }))) {
      heard = times.ticks();
      if (line !== "") onLine(line);
    }
  } finally {
    ending.abort();
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The machine's times. */
export const machineTimes: Times = {
  now: Date.now,
  ticks: () => performance.now(),
  rest: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      signal.addEventListener("abort", end);
    }),
};
