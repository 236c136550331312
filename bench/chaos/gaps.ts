/** How long readers waited, by what happened. */
import { percentile } from "../statistics.ts";
import type { FaultKind } from "./faults.ts";

/** A reader's own device may be frozen for this long, so that what it waits for afterwards says nothing of the others. */
const AWAY_MILLISECONDS = 6000;

/** A fault that struck. */
export interface Struck {
  readonly kind: FaultKind;
  readonly at: number;
  /** In words. */
  readonly what: string;
  /** Readers through these devices are not counted while they are away. */
  readonly devices: readonly number[];
}

/** What a reader saw: when it asked and when each piece came. */
export interface Seen {
  readonly stream: number;
  /** Whom it asked. */
  readonly device: number;
  readonly times: readonly number[];
}

/** The longest wait of any reader after a fault. */
export interface FaultGap {
  readonly fault: Struck;
  readonly milliseconds: number;
  /** The stream that waited; undefined where nobody read. */
  readonly stream: number | undefined;
  /** When the wait began. */
  readonly from: number;
}

/** The longest wait of each fault. A wait belongs to the first fault that happened in it, else to the last one before. */
export function gapsOf(
  faults: readonly Struck[],
  streams: readonly Seen[],
): FaultGap[] {
  const gaps = faults.map((fault): FaultGap => ({
    fault,
    milliseconds: 0,
    stream: undefined,
    from: fault.at,
  }));
  for (const { stream, device, times } of streams) {
    for (let at = 1; at < times.length; at++) {
      const [from = 0, to = 0] = [times[at - 1], times[at]];
      const index = cause(faults, from, to);
      const gap = gaps[index];
      if (gap === undefined || gap.milliseconds >= to - from) continue;
      const away = faults.some((fault) =>
        fault.at >= from - AWAY_MILLISECONDS && fault.at <= to &&
        fault.devices.includes(device)
      );
      if (!away) {
        gaps[index] = {
          fault: gap.fault,
          milliseconds: to - from,
          stream,
          from,
        };
      }
    }
  }
  return gaps;
}

/** The index of the fault that a wait belongs to; -1 for one before all faults. */
function cause(faults: readonly Struck[], from: number, to: number): number {
  const within = faults.findIndex(({ at }) => at >= from && at <= to);
  return within >= 0 ? within : faults.findLastIndex(({ at }) => at < from);
}

/** Waits by kind of fault. */
export interface GapRow {
  readonly kind: FaultKind;
  readonly faults: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** The longest wait of a fault. */
export interface Wait {
  readonly kind: FaultKind;
  readonly milliseconds: number;
}

/** Sums waits up, a row a kind. */
export function gapRows(waits: readonly Wait[]): GapRow[] {
  const kinds = new Set(waits.map(({ kind }) => kind));
  return [...kinds].sort().map((kind) => {
    const all = waits.filter((wait) => wait.kind === kind).map(({ milliseconds }) => milliseconds);
    return {
      kind,
      faults: all.length,
      p50: percentile(all, 0.5),
      p95: percentile(all, 0.95),
      max: Math.max(...all),
    };
  });
}
