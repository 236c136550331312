/**
 * Whether a segment runs as its plan expects. Pure: a state and a window of steps give a state and a verdict. One window says
 * nothing; a device that is a fifth off for three in a row, by about as much in each, has changed.
 */

/** How often steps are gathered into a window. */
export const WINDOW_MILLISECONDS = 5000;
/** A step must take so many times as long as predicted, or so many times as short, to be off. */
const OFF = 1.2;
/** Windows in a row that must be off, the same way, before anything is proposed. */
export const PATIENCE = 3;
/** The last of them must not differ by more than this factor: one that stumbles for ten seconds has not changed. */
const ALIKE = 1.5;
/** After a proposal it takes twice as many each time, up to this many: whoever was not heard says less and less. */
const MAX_PATIENCE = 48;
/** Windows in balance after which the next imbalance is taken for a new one. */
const CALM = 12;
/** Windows without enough work after which what leant before is forgotten. */
const FORGOTTEN = 6;
/** Steps that make a window. */
export const ENOUGH_STEPS = 8;

export type Direction = "slower" | "faster";

/** What is remembered between windows. */
export interface Imbalance {
  /** Windows that were judged. */
  readonly windows: number;
  /** Windows in a row that were off the same way, and the last of them. */
  readonly leaning:
    | { readonly towards: Direction; readonly windows: number; readonly latest: readonly Measured[] }
    | undefined;
  /** Windows in a row in balance. */
  readonly calm: number;
  /** Windows in a row with too little work. */
  readonly idle: number;
  /** Windows that the next proposal takes. */
  readonly patience: number;
}

/** What a window shows. */
export interface Measured {
  readonly steps: number;
  /** Of a step. */
  readonly measured: number;
  readonly predicted: number;
  /** A difference below this, in milliseconds, is nothing to a token's time. */
  readonly least: number;
}

export type Finding =
  | { readonly type: "idle" }
  | { readonly type: "balanced"; readonly ratio: number }
  | { readonly type: "leaning"; readonly ratio: number; readonly windows: number; readonly of: number }
  | {
    readonly type: "imbalanced";
    readonly towards: Direction;
    readonly ratio: number;
    /** Over the last windows that leant. */
    readonly measured: number;
    readonly steps: number;
  };

/** Nothing is known yet. */
export const unjudged: Imbalance = { windows: 0, leaning: undefined, calm: 0, idle: 0, patience: PATIENCE };

/** Judges a window; `undefined` is one without work. */
export function judge(
  state: Imbalance,
  window: Measured | undefined,
): { readonly state: Imbalance; readonly finding: Finding } {
  if (window === undefined || window.steps < ENOUGH_STEPS || !(window.predicted > 0)) {
    const idle = state.idle + 1;
    return {
      state: { ...state, idle, ...(idle < FORGOTTEN ? {} : { leaning: undefined }) },
      finding: { type: "idle" },
    };
  }
  const judged = { ...state, windows: state.windows + 1, idle: 0 };
  const ratio = window.measured / window.predicted;
  const towards = directionOf(window, ratio);
  return towards === undefined ? balanced(judged, ratio) : off(judged, window, ratio, towards);
}

function directionOf({ measured, predicted, least }: Measured, ratio: number): Direction | undefined {
  if (Math.abs(measured - predicted) < least) return undefined;
  return ratio >= OFF ? "slower" : ratio <= 1 / OFF ? "faster" : undefined;
}

function balanced(state: Imbalance, ratio: number) {
  const calm = state.calm + 1;
  const patience = calm >= CALM ? PATIENCE : state.patience;
  return { state: { ...state, leaning: undefined, calm, patience }, finding: { type: "balanced" as const, ratio } };
}

function off(state: Imbalance, window: Measured, ratio: number, towards: Direction) {
  const before = state.leaning?.towards === towards ? state.leaning : { windows: 0, latest: [] };
  const windows = before.windows + 1;
  const latest = [...before.latest, window].slice(-PATIENCE);
  const { patience } = state;
  if (windows < patience || !alike(latest)) {
    const finding = { type: "leaning" as const, ratio, windows, of: Math.max(patience, windows + 1) };
    return { state: { ...state, calm: 0, leaning: { towards, windows, latest } }, finding };
  }
  const steps = latest.reduce((sum, { steps }) => sum + steps, 0);
  const measured = latest.reduce((sum, { steps, measured }) => sum + steps * measured, 0) / steps;
  return {
    state: { ...state, calm: 0, leaning: undefined, patience: Math.min(2 * patience, MAX_PATIENCE) },
    finding: { type: "imbalanced" as const, towards, ratio: measured / window.predicted, measured, steps },
  };
}

function alike(windows: readonly Measured[]): boolean {
  const times = windows.map(({ measured }) => measured);
  return Math.max(...times) <= ALIKE * Math.min(...times);
}
