/** Memory that was freed, back to the system. */
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
