/** skein top on a terminal: what is heard and what keys do become what is seen. */
import { errorText } from "../../runtime/error-text.ts";
import process from "node:process";
import * as v from "valibot";
import { routes } from "../../actors/gateway/api.ts";
import { grant } from "./asking.ts";
import { press } from "./keys.ts";
import { layout } from "./layout.ts";
import type { Looks } from "./paint.ts";
import { type Known, learn, type News, nothingKnown } from "./state.ts";
import { type Key, Terminal } from "./terminal.ts";
import { anew, type Closer, firstView, type Mode, type Said, type View } from "./view.ts";
import { listen, machineTimes, watch } from "./watch.ts";
import type { Wish } from "./wish.ts";

/** Events of each device that are shown from before. */
const PAST = 30;
/** What is heard is drawn after so long, with what else is heard until then; keys are drawn at once. */
const DRAW_MILLISECONDS = 120;
/** Kinds that show what actors do. */
const TICKS = "told,handled,spawned,restarted,crashed,stopped,dropped";

export interface ScreenOptions {
  readonly api: string;
  readonly find: () => Promise<string>;
  readonly looks: Looks;
  readonly signal: AbortSignal;
}

/** Shows the mesh until a key, or `signal`, ends it. The terminal is then as it was. */
export async function showScreen(options: ScreenOptions): Promise<void> {
  const leaving = new AbortController();
  const signal = AbortSignal.any([options.signal, leaving.signal]);
  const top = new Screen(options, signal, () => leaving.abort());
  const failures: unknown[] = [];
  using terminal = new Terminal(options.looks, {
    key: (key) => top.pressed(key),
    resize: () => top.draw(),
    error(error) {
      failures.push(error);
      leaving.abort();
    },
  });
  top.terminal = terminal;
  top.draw();
  await watch({
    find: options.find,
    signal,
    times: machineTimes,
    past: PAST,
    paused: () => top.paused,
    onNews: (news) => top.heard(news),
  });
  if (failures.length > 0) throw failures[0];
}

class Screen {
  readonly #options: ScreenOptions;
  readonly #signal: AbortSignal;
  readonly #leave: () => void;
  terminal: Terminal | undefined;
  #known: Known;
  /** What was known when the picture was to stand still. */
  #still: Known | undefined;
  #view: View = firstView;
  #drawing: ReturnType<typeof setTimeout> | undefined;
  /** Ends what is asked of the mesh now, and the closer look that is taken now. */
  #asking = new AbortController();
  #looking = new AbortController();

  constructor(options: ScreenOptions, signal: AbortSignal, leave: () => void) {
    this.#options = options;
    this.#signal = signal;
    this.#leave = leave;
    this.#known = nothingKnown(options.api, Date.now());
    signal.addEventListener("abort", () => {
      clearTimeout(this.#drawing);
      this.#asking.abort();
      this.#looking.abort();
    });
  }

  get paused(): boolean {
    return this.#view.paused;
  }

  draw(): void {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    if (this.terminal !== undefined) {
      this.terminal.show(layout(this.#still ?? this.#known, this.#view, this.terminal.size()));
    }
  }

  heard(news: News): void {
    const before = this.#known;
    this.#known = learn(before, news);
    this.#view = anew(this.#view, before, this.#known);
    // A picture that stands still: what is heard is kept, and seen later.
    if (this.#view.paused || this.#signal.aborted) return;
    this.#drawing ??= setTimeout(() => this.draw(), DRAW_MILLISECONDS);
  }

  pressed(key: Key): void {
    const { view, wish } = press(this.#still ?? this.#known, this.#view, key);
    const { closer } = this.#view;
    this.#view = view;
    this.#still = view.paused ? this.#still ?? this.#known : undefined;
    if (wish !== undefined) this.#grant(wish);
    if (view.closer !== closer) void this.#lookCloser(view.closer);
    if (!this.#signal.aborted) this.draw();
  }

  #grant(wish: Wish): void {
    this.#asking.abort();
    if (wish.type === "quit") return this.#leave();
    if (wish.type === "drop") return;
    const asking = this.#asking = new AbortController();
    const { type } = this.#view.mode;
    const say = (said: Said) => {
      if (asking.signal.aborted || this.#view.mode.type !== type) return;
      this.#view = { ...this.#view, mode: { ...this.#view.mode, said } as Mode };
      this.#drawing ??= setTimeout(() => this.draw(), DRAW_MILLISECONDS);
    };
    const onText = (text: string) => say({ type: "said", text });
    grant(wish, { api: this.#known.api, signal: asking.signal, onText, unicode: this.#options.looks.unicode }).then(
      onText,
      (error) => say({ type: "failed", text: errorText(error) }),
    );
  }

  /** Asks for what actors do, of as many as are shown; opens the stream again where it ends. */
  async #lookCloser(closer: Closer | undefined): Promise<void> {
    this.#looking.abort();
    this.#known = learn(this.#known, { type: "other-ticks" });
    if (closer === undefined) return;
    const { signal } = this.#looking = new AbortController();
    const query = new URLSearchParams({ device: closer.device, every: "1s" });
    if (closer.path === undefined) query.set("types", TICKS);
    else query.set("path", closer.path);
    const onLine = (line: string) => {
      const parsed = v.safeParse(routes.events.response, JSON.parse(line));
      if (parsed.success) this.heard({ type: "ticked", now: Date.now(), line: parsed.output });
    };
    while (!signal.aborted) {
      await listen(this.#known.api, `${query}`, { onLine, signal, times: machineTimes }).catch(() => {});
      await machineTimes.rest(1000, signal);
    }
  }
}

/** Whether there is a terminal to draw on and to press keys at. */
export function isTerminal(): boolean {
  return process.stdout.isTTY === true && process.stdin.isTTY === true;
}
