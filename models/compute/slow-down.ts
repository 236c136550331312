/** Emulating a slower device, for trials of planning: the thread waits after its work. Whoever asks for it is told so. */

const never = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread until `milliseconds` of work have taken `factor` times as long; returns how long that was. */
export function slowDown(milliseconds: number, factor: number): number {
  if (factor > 1) Atomics.wait(never, 0, 0, milliseconds * (factor - 1));
  return milliseconds * factor;
}
