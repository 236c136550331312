/** Whether a report has news. Pure: changes within the noise are none. */
import type { DeviceReport } from "../leader/protocol.ts";

/** A change by less than this part is noise. */
const NOISE = 0.15;

/** Whether `now` says something that `before` did not. */
export function differs(before: DeviceReport, now: DeviceReport): boolean {
  return changed(before.usableBytes, now.usableBytes) ||
    changed(before.rates.decodeNanosecondsPerByte, now.rates.decodeNanosecondsPerByte) ||
    differsIn(before.peers, now.peers, (peer) => peer, () => false) ||
    differsIn(before.links, now.links, ({ from }) => from, (a, b) => {
      return changed(a.roundTripMilliseconds, b.roundTripMilliseconds) || changed(a.bytesPerSecond, b.bytesPerSecond);
    }) ||
    differsIn(before.work, now.work, ({ model }) => model, (a, b) => {
      return differsIn(a.blocks, b.blocks, ({ index }) => String(index), (x, y) => {
        return changed(x.decodeMilliseconds, y.decodeMilliseconds);
      });
    });
}

function changed(before: number, now: number): boolean {
  return Math.abs(now - before) > NOISE * Math.max(before, now);
}

function differsIn<T>(
  before: readonly T[],
  now: readonly T[],
  key: (item: T) => string,
  differ: (a: T, b: T) => boolean,
): boolean {
  if (before.length !== now.length) return true;
  const known = new Map(before.map((item) => [key(item), item]));
  return now.some((item) => {
    const old = known.get(key(item));
    return old === undefined || differ(old, item);
  });
}
