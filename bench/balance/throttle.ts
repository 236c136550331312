/** A device that becomes slow while it runs: its process is stopped and let go on many times a second, as quotas do. */
import process from "node:process";

/** A stop and a run together: shorter than what a reader notices, longer than a timer's error. */
const PERIOD_MILLISECONDS = 60;

/** Leaves a process `1 / factor` of its time until the returned function is called. */
export function throttle(pid: number, factor: number): () => void {
  const stopped = PERIOD_MILLISECONDS * (1 - 1 / factor);
  let waking: ReturnType<typeof setTimeout> | undefined;
  const timer = setInterval(() => {
    if (!signal(pid, "SIGSTOP")) return;
    waking = setTimeout(() => signal(pid, "SIGCONT"), stopped);
  }, PERIOD_MILLISECONDS);
  return () => {
    clearInterval(timer);
    clearTimeout(waking);
    signal(pid, "SIGCONT");
  };
}

function signal(pid: number, name: "SIGSTOP" | "SIGCONT"): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    // The process is gone.
    return false;
  }
}
