/** Waits until a split that was asked for is in force, and says how far the devices are. */
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { type Inspection, type PlanView, routes } from "../actors/gateway/api.ts";
import type { Split } from "../actors/leader/policy.ts";
import type { ActivePlan } from "../actors/plan.ts";
import { call } from "./api-client.ts";
import { CommandError } from "./command.ts";

/** A plan that has not come into force by then may still: it is said so, and not waited for any longer. */
const WAIT_MILLISECONDS = 600_000;
const LOOK_MILLISECONDS = 200;
/** How often the devices are asked how far they are. */
const PROGRESS_MILLISECONDS = 1000;

/** What is waited for: a split by names or ids of devices, or with `null` whatever the planner finds. */
export type Wanted = Split | null;

/** Whether a plan is what was asked for. */
export function isWanted(plan: ActivePlan, wanted: Wanted): boolean {
  if (wanted === null) return plan.planner !== "pinned";
  const parts = wanted.filter(({ blocks }) => blocks > 0);
  return plan.planner === "pinned" && plan.segments.length === parts.length &&
    plan.segments.every(({ device, name, first, last }, at) => {
      const part = parts[at];
      return part !== undefined && (part.device === name || part.device === device) && last - first + 1 === part.blocks;
    });
}

/** How far the devices of a split are, in words: who has loaded its blocks, and who is waited for. */
export function describeProgress(wanted: Wanted, { devices, state }: Inspection): string {
  if (wanted === null) return state.type === "waiting" ? state.reason : "planning";
  let first = 0;
  const parts = wanted.filter(({ blocks }) => blocks > 0).map(({ device, blocks }) => {
    const begin = first;
    first += blocks;
    const found = devices.find((one) => one.name === device || one.device === device);
    const loaded = found !== undefined && "segments" in found &&
      found.segments.some((segment) => segment.first === begin && segment.last === begin + blocks - 1);
    return { device, loaded };
  });
  const open = parts.filter(({ loaded }) => !loaded).map(({ device }) => device);
  const done = `${parts.length - open.length} of ${parts.length} devices have loaded their blocks`;
  return open.length === 0 ? done : `${done}; waiting for ${open.join(", ")}`;
}

/** What `waitForPlan` needs. */
export interface PlanWait {
  readonly api: string;
  readonly wanted: Wanted;
  /** Aborted, the wait ends; the mesh goes on. */
  readonly signal: AbortSignal;
  /** Hears how far the devices are, whenever that is news. */
  readonly progress: (text: string) => void;
}

/** The view with the plan that was asked for. @throws {CommandError} where the wait is aborted (130), or takes 10 minutes */
export async function waitForPlan({ api, wanted, signal, progress }: PlanWait): Promise<PlanView> {
  const began = performance.now();
  let toldAt = began;
  for (let told = ""; !signal.aborted;) {
    const view = await call(api, routes.plan, undefined, signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
    if (view?.state.type === "active" && isWanted(view.state.plan, wanted)) return view;
    const now = performance.now();
    if (now - began > WAIT_MILLISECONDS) {
      const why = view?.state.type === "waiting" ? ` ${view.state.reason}` : "";
      throw new CommandError(`The plan is not in force after 10 minutes.${why} It may come yet: see skein plan.`);
    }
    if (now - toldAt >= PROGRESS_MILLISECONDS) {
      toldAt = now;
      const text = await call(api, routes.inspect, undefined, signal).then(
        (inspection) => describeProgress(wanted, inspection),
        () => told,
      );
      if (text !== told) progress(told = text);
    }
    await delay(LOOK_MILLISECONDS, undefined, { signal }).catch(() => {});
  }
  throw new CommandError(
    "Not waited for any longer: the mesh goes on loading. See skein plan; skein plan --auto undoes it.",
    130,
  );
}

/** The same for a person: progress on stderr, and Ctrl-C ends the wait alone. */
export async function waitAtTerminal(api: string, wanted: Wanted): Promise<PlanView> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  const terminal = process.stderr.isTTY === true;
  let open = false;
  const clear = () => {
    if (open) process.stderr.write("\r\x1b[K");
    open = false;
  };
  process.once("SIGINT", stop);
  try {
    return await waitForPlan({
      api,
      wanted,
      signal: stopping.signal,
      progress(text) {
        clear();
        process.stderr.write(terminal ? `${text}…` : `${text}\n`);
        open = terminal;
      },
    });
  } finally {
    clear();
    process.off("SIGINT", stop);
  }
}
