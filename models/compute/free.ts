/** Gives the memory of large arrays back when their owner is done with them, not when the garbage collector finds out. */

/** Frees what `array` lies in: it, and all else that lies there, has no elements any more. No tensor may be over it. */
export function free(array: Float32Array): void {
  if (array.buffer instanceof ArrayBuffer) array.buffer.transfer(0);
}
