/** A device that becomes slow while it runs: its process is stopped and let go on many times a second. */
import process from "node:process";

/**
 * How long it runs each time: much shorter than a step, or else steps fall between two stops and look as fast as before, and
 * tokens come in time with the stops; longer than a timer's error.
 */
const RUN_MILLISECONDS = 3;

/** Leaves a process `1 / factor` of its time until the returned function is called. */
export function throttle(pid: number, factor: number): () => void {
  let timer: ReturnType<typeof setTimeout>;
  let since = performance.now();
  // Timers are late: what the process had too much of its time, or too little, is made good the next time.
  let owed = 0;
  const stop = () => {
    const now = performance.now();
    owed += (now - since) * (factor - 1);
    since = now;
    if (signal(pid, "SIGSTOP")) timer = setTimeout(go, Math.max(1, owed));
  };
  const go = () => {
    const now = performance.now();
    owed -= now - since;
    since = now;
    if (signal(pid, "SIGCONT")) timer = setTimeout(stop, RUN_MILLISECONDS);
  };
  timer = setTimeout(stop, RUN_MILLISECONDS);
  return () => {
    clearTimeout(timer);
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
