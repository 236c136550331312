/** Proposing to the mesh the model that a daemon was started with: it is served, or its owner is told at once why not. */
import * as v from "valibot";
import type { ActorSystem, Ref, Reply } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { DataFolder } from "../../runtime/host/mod.ts";
import { leaderOf, supervisorOf } from "../addresses.ts";
import type { ServingPolicy } from "../leader/policy.ts";
import { type Use, Used } from "../leader/using.ts";
import type { MeshView } from "../supervisor/protocol.ts";

/** What the device was started with before, as a text that another start is compared with. */
const FILE = "offered";
/** How long a leader may take to be there, and to answer. */
const PATIENCE_MILLISECONDS = 120_000;
const ANSWER_MILLISECONDS = 5000;
/** Between two attempts. */
const RETRY_MILLISECONDS = 500;

/** The mesh serves other models, and the one that the daemon was started with is ready but not used. */
export interface Unused {
  readonly type: "unused";
  readonly model: string;
  /** A sentence. */
  readonly reason: string;
}

export interface ProposalOptions {
  readonly system: ActorSystem;
  readonly device: string;
  readonly clock: Clock;
  readonly folder: DataFolder;
  readonly signal: AbortSignal;
}

interface Proposed {
  readonly policy: ServingPolicy;
  readonly announce: (event: Unused) => void;
}

/** Proposes a model, and tells where it is not used. */
export async function proposeModel(
  options: ProposalOptions,
  { id: model, name }: { readonly id: string; readonly name: string },
  { policy, announce }: Proposed,
): Promise<void> {
  const { device, folder, clock, signal } = options;
  const text = JSON.stringify({ model, policy });
  const fresh = await folder.read(FILE).catch(() => undefined) !== text;
  const question = { type: "use", device, model, name, policy, how: "start", fresh, hurry: false } as const;
  for (const deadline = clock.now() + PATIENCE_MILLISECONDS; !signal.aborted && clock.now() < deadline;) {
    const answer = await ask(question, options);
    if (answer !== undefined && !(answer.type === "refused" && answer.why === "unknown")) {
      if (answer.type === "refused") announce({ type: "unused", model: name, reason: answer.reason });
      // A precaution: where it is not kept, the next start counts as another one.
      return await folder.write(FILE, text).catch(() => {});
    }
    await new Promise<void>((resolve) => clock.after(RETRY_MILLISECONDS, resolve));
  }
}

/** What the leader says, as soon as there is one. */
async function ask(
  question: Omit<Use, "replyTo">,
  { system, device, signal }: ProposalOptions,
): Promise<Used | undefined> {
  const leader = await leaderSeenBy(system, device, signal);
  if (leader === undefined) return undefined;
  const make = (replyTo: Ref<Reply<Used>>) => ({ ...question, replyTo });
  const limits = { timeoutMs: ANSWER_MILLISECONDS, signal };
  const outcome = await system.ask(leaderOf(leader), make, { ...limits, parse: (value) => v.parse(Used, value) });
  return outcome.type === "reply" ? outcome.value : undefined;
}

async function leaderSeenBy(system: ActorSystem, device: string, signal: AbortSignal): Promise<string | undefined> {
  const make = (replyTo: Ref<Reply<MeshView>>) => ({ type: "mesh" as const, replyTo });
  const outcome = await system.ask(supervisorOf(device), make, { timeoutMs: ANSWER_MILLISECONDS, signal });
  return outcome.type === "reply" ? outcome.value.leader : undefined;
}
