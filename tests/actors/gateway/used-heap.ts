/** How much of the heap is used once all that can be collected has been. */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

export function usedHeapBytes(): number {
  // Twice: finalizers of the first may let go of more.
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
