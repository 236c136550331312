/** Memory that was freed, or is not wanted any more, back to the system. */
import koffi from "koffi";
import process from "node:process";

/**
 * glibc keeps what was freed for the next allocation, once blocks as large have been freed before: a segment that is let go
 * would go on counting as used, 50 to 100 MB with layers of 33. Other systems' allocators give it back by themselves.
 */
export function openTrim(): () => void {
  if (process.platform !== "linux") return () => {};
  try {
    const trim = koffi.load(null).func("int malloc_trim(size_t)");
    return () => void trim(0);
  } catch {
    // Another C library than glibc.
    return () => {};
  }
}

/** madvise(2): the pages are zero when they are touched next, and cost nothing until then. */
const MADV_DONTNEED = 4;

/**
 * Gives whole pages of an array's memory back; afterwards what is there is zero or as it was. Only on Linux: elsewhere the
 * pages stay until the array is freed.
 */
export function openDiscard(): (array: Float32Array) => void {
  if (process.platform !== "linux") return () => {};
  try {
    const lib = koffi.load(null);
    const pageSize = BigInt(lib.func("int getpagesize()")() as number);
    const advise = lib.func("int madvise(uintptr_t, size_t, int)");
    return (array) => {
      const begin = koffi.address(array) as bigint;
      const from = (begin + pageSize - 1n) / pageSize * pageSize;
      const to = (begin + BigInt(array.byteLength)) / pageSize * pageSize;
      if (to > from) advise(from, to - from, MADV_DONTNEED);
    };
  } catch {
    return () => {};
  }
}
