/** Where computing meets a thread of this platform. */
import { type LocalCompute, startCompute, type StartComputeOptions } from "../../models/compute/mod.ts";
import { startThread } from "../../runtime/host/thread.ts";

/** Starts a compute worker on a thread of its own. */
export function startLocalCompute(options: Omit<StartComputeOptions, "startThread">): LocalCompute {
  return startCompute({
    ...options,
    startThread: (listener) => startThread(new URL("./compute-thread.ts", import.meta.url), listener),
  });
}
