/** Picks tokens by their logits. Of equal logits the lowest id comes first; NaN counts as minus infinity. */

/** Returns the id of the highest logit, or -1 when all are NaN or minus infinity. */
export function argmax(logits: Float32Array): number {
  let best = -1;
  let highest = -Infinity;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? NaN;
    if (logit > highest) {
      highest = logit;
      best = id;
    }
  }
  return best;
}

/**
 * Returns the ids of the `count` highest logits, the highest first; fewer when fewer are above minus infinity. A heap of
 * the best so far makes it linear in the vocabulary when `count` is small.
 */
export function highest(logits: Float32Array, count: number): Int32Array {
  const size = Math.min(count, logits.length);
  const heap = new Int32Array(size);
  let filled = 0;
  // The worst of the kept is on top, so most ids cost one comparison.
  for (let id = 0; id < logits.length && size > 0; id++) {
    const logit = logits[id] ?? NaN;
    if (!(logit > -Infinity)) continue;
    if (filled < size) {
      heap[filled++] = id;
      if (filled === size) { for (let at = (size >> 1) - 1; at >= 0; at--) sink(heap, size, at, logits); }
    } else if (logit > (logits[heap[0] ?? 0] ?? NaN)) {
      heap[0] = id;
      sink(heap, size, 0, logits);
    }
  }
  return heap.subarray(0, filled).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
}

/** Whether `a` is a worse choice than `b`. */
function worse(a: number, b: number, logits: Float32Array): boolean {
  const left = logits[a] ?? NaN;
  const right = logits[b] ?? NaN;
  return left < right || (left === right && a > b);
}

function sink(heap: Int32Array, size: number, start: number, logits: Float32Array): void {
  const id = heap[start] ?? 0;
  let at = start;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && worse(heap[child + 1] ?? 0, heap[child] ?? 0, logits)) child++;
    if (!worse(heap[child] ?? 0, id, logits)) break;
    heap[at] = heap[child] ?? 0;
    at = child;
  }
  heap[at] = id;
}
