/**
 * What tokens spend on the wire, from what executors remember anyway: asked for when somebody scrapes, and at no other time.
 * Of each answer that entered here and went through several segments, the tokens since it was last looked at.
 */
import type { ActorSystem } from "../../../runtime/actor/mod.ts";
import type { Clock } from "../../../runtime/clock.ts";
import { hopsOf, type TokenHops } from "../../gateway/hops.ts";
import { askSpans } from "../../gateway/trace-query.ts";
import type { TracedAnswer } from "../../gateway/traces.ts";

/** Answers that are looked at in one go, the latest first; those that were left out are looked at the next time. */
const ANSWERS = 8;
/** How long an executor may take: a scrape waits for it. */
const SPANS_MILLISECONDS = 1000;

/** What is read from. */
export interface HopSources {
  readonly system: ActorSystem;
  readonly clock: Clock;
  readonly traces: { all(): readonly TracedAnswer[] };
}

/** The hops of one answer's tokens. */
export interface ReadHops {
  readonly model: string;
  /** Names of the segments' devices, in the order of the pipeline. */
  readonly devices: readonly string[];
  readonly tokens: readonly TokenHops[];
}

/** How far an answer has been looked at. */
interface Progress {
  /** The first position of which nothing was told. */
  readonly since: number;
  /** When its last token came as it was looked at, on this device's clock. */
  readonly lastAt: number;
}

export class HopReader {
  readonly #sources: HopSources;
  #seen = new Map<string, Progress>();
  #reading: Promise<unknown> = Promise.resolve();

  constructor(sources: HopSources) {
    this.#sources = sources;
  }

  /** The hops of tokens that were not told before. Two who ask at once get them one after the other, none twice. */
  async read(): Promise<ReadHops[]> {
    const reading = this.#reading.then(() => this.#read());
    this.#reading = reading.catch(() => {});
    return await reading;
  }

  async #read(): Promise<ReadHops[]> {
    const answers = this.#sources.traces.all();
    const known = new Set(answers.map(({ id }) => id));
    this.#seen = new Map([...this.#seen].filter(([id]) => known.has(id)));
    const news = answers.filter(({ id, lastAt, routes }) => {
      return (routes.at(-1)?.length ?? 0) > 1 && lastAt !== this.#seen.get(id)?.lastAt;
    });
    return await Promise.all(news.slice(0, ANSWERS).map((answer) => this.#hopsOf(answer)));
  }

  async #hopsOf({ id, model, lastAt, routes }: TracedAnswer): Promise<ReadHops> {
    const { system, clock } = this.#sources;
    const segments = routes.at(-1) ?? [];
    const since = this.#seen.get(id)?.since ?? 0;
    const options = { system, clock, since, timeoutMs: SPANS_MILLISECONDS };
    const said = await Promise.all(segments.map(({ ref }) => askSpans(ref, id, options)));
    const tokens = hopsOf(said);
    this.#seen.set(id, { lastAt, since: (tokens.at(-1)?.position ?? since - 1) + 1 });
    return { model, devices: segments.map(({ name }) => name), tokens };
  }
}
