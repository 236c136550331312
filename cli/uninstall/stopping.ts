/** Has a daemon of this machine stop: politely, so that others take over what runs there, and if need be not. */
import process from "node:process";
import { routes } from "../../actors/gateway/api.ts";
import { type DaemonRecord, isAlive } from "../../runtime/host/mod.ts";
import { call } from "../api-client.ts";
import { CommandError } from "../command.ts";

/** How long it may take after each word: others take over for 5 s at most. */
const POLITE_MILLISECONDS = 15_000;
const FORCED_MILLISECONDS = 5000;
const LOOK_MILLISECONDS = 100;

/** Resolves when its process is gone. @throws {CommandError} where it does not go */
export async function stopDaemon({ pid, api, name }: DaemonRecord): Promise<void> {
  const asked = AbortSignal.timeout(FORCED_MILLISECONDS);
  const words = [
    () => call(api, routes.leave, undefined, asked).then(() => POLITE_MILLISECONDS, () => 0),
    () => tell(pid, "SIGTERM", POLITE_MILLISECONDS),
    () => tell(pid, "SIGKILL", FORCED_MILLISECONDS),
  ];
  for (const word of words) if (await isGone(pid, await word())) return;
  throw new CommandError(`The daemon of ${name} (process ${pid}) does not stop: nothing was removed.`);
}

function tell(pid: number, signal: NodeJS.Signals, patience: number): Promise<number> {
  try {
    process.kill(pid, signal);
  } catch {
    // It has gone meanwhile, or is not ours: that shows.
  }
  return Promise.resolve(patience);
}

async function isGone(pid: number, patience: number): Promise<boolean> {
  const deadline = Date.now() + patience;
  while (await isAlive(pid)) {
    if (Date.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
  }
  return true;
}
