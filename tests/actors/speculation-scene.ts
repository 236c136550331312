/**
 * Answers of a model with real weights and kernels, over executors on one to three devices in one process. Time is simulated,
 * a millisecond for each look at whether the kernels are done, so that steps of several tokens take hardly longer than of one.
 */
import { join } from "node:path";
import { conversation } from "../../actors/conversation/behaviour.ts";
import type { GuessPolicy } from "../../actors/conversation/guessing.ts";
import type { Likelihood } from "../../actors/conversation/likelihoods.ts";
import { type Language, languagesHere } from "../../actors/conversation/language.ts";
import type { AnswerRequest, FromConversation, Progress } from "../../actors/conversation/protocol.ts";
import { startLocalCompute } from "../../actors/daemon/start-compute.ts";
import { executor } from "../../actors/executor/behaviour.ts";
import type { ExecutorMessage } from "../../actors/executor/protocol.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import { givesLogits, takesTokens } from "../../models/block-role.ts";
import { compileModel, type Quantize } from "../../models/compile/mod.ts";
import { blockFiles, type Compute } from "../../models/compute/mod.ts";
import type { Manifest } from "../../models/manifest.ts";
import { type BlockStore, openBlockStore } from "../../models/store/mod.ts";
import { createLoopback } from "../../runtime/actor/loopback.ts";
import { type ActorSystem, createActorSystem, type Ref } from "../../runtime/actor/mod.ts";
import { type SimulatedClock, simulatedClock } from "../../runtime/clock.ts";
import { withFolder } from "../models/temporary.ts";
import { spawnChild } from "./child.ts";
import { defined } from "./defined.ts";
import { recorder } from "./recorder.ts";

const CONTEXT = 256;
const DEVICES = ["a", "b", "c"];

/** A compiled model, and who runs and reads it. */
export interface RealModel {
  readonly manifest: Manifest;
  readonly store: BlockStore;
  readonly compute: Compute;
  readonly language: Language;
}

/** What became of an answer. */
export interface Outcome {
  readonly tokens: readonly number[];
  readonly text: string;
  readonly reason: string;
  /** How likely each token was, where that was asked for. */
  readonly likelihoods: readonly Likelihood[];
  readonly accepted: number;
  readonly rejected: number;
}

export interface Wish {
  readonly request: AnswerRequest;
  /** Blocks before which the segments of the second and the third device begin. */
  readonly cuts: readonly number[];
  readonly speculates: boolean;
  readonly policy?: GuessPolicy;
  /** Tokens after which the conversation is stopped, and another one goes on. */
  readonly breaks?: readonly number[];
}

/** Compiles the model at `path` and runs `action` with it. */
export async function withRealModel(
  path: string,
  action: (model: RealModel) => Promise<void>,
  { quantize = "keep" }: { readonly quantize?: Quantize } = {},
): Promise<void> {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const manifest = await compileModel(path, { store, quantize });
    await using compute = startLocalCompute({ threads: 1 });
    // Segments that come and go share what this one has loaded.
    const loaded = await compute.open({ ...segmentOf(manifest, store, 0, manifest.blocks.length), slots: 1 });
    const language = await languagesHere(store).learn(manifest);
    await action({ manifest, store, compute, language });
    await loaded.close();
  });
}

/** Has a prompt answered. */
export async function answerOf(
  model: RealModel,
  { request, cuts, speculates, policy, breaks = [] }: Wish,
): Promise<Outcome> {
  const clock = simulatedClock();
  const network = createLoopback();
  const systems = new Map(DEVICES.map((device) => {
    return [device, createActorSystem({ device, clock, transport: network.join(device), graceMs: 10 })];
  }));
  const system = (device: string): ActorSystem => defined(systems.get(device));
  try {
    const starts = [0, ...cuts, model.manifest.blocks.length];
    const segments: ActivePlan["segments"][number][] = [];
    for (const [at, first] of starts.slice(0, -1).entries()) {
      const [device, last] = [defined(DEVICES[at]), defined(starts[at + 1]) - 1];
      const ref = await startSegment(model, { first, last, system: system(device), clock });
      segments.push({ device, name: device, first, last, bytes: 0, ref });
    }
    const { id, name, blocks } = model.manifest;
    const plan: ActivePlan = {
      number: { term: 1, epoch: 1 },
      model: { id, name, blocks: blocks.length },
      planner: "even",
      context: CONTEXT,
      concurrency: 1,
      segments,
    };
    const heard = recorder<FromConversation>();
    const answer = system("a").spawn(heard.behaviour, { name: "answer" });
    const pieces = () => heard.heard.map(({ event }) => event).filter((event) => "text" in event);
    for (const [attempt, until] of [...breaks, Infinity].entries()) {
      const progress: Progress = {
        generated: pieces().flatMap(({ tokens }) => tokens),
        sent: pieces().reduce((sum, { text }) => sum + text.length, 0),
        again: attempt > 0,
      };
      const told = await spawnChild(
        system("a"),
        conversation({
          ...{ id: `one-${attempt}`, plan, request, progress, answer, language: model.language, speculates },
          ...(policy === undefined ? {} : { policy }),
        }),
        { name: `conversation-${attempt}` },
      );
      await settled(clock, () => told.ends.length > 0 || pieces().flatMap(({ tokens }) => tokens).length >= until);
      told.stop();
      await settled(clock, () => told.ends.length > 0);
    }
    return outcomeOf(pieces());
  } finally {
    for (const system of systems.values()) await system.stop();
  }
}

type Pieces = Extract<FromConversation["event"], { readonly text: string }>[];

function outcomeOf(pieces: Pieces): Outcome {
  const sum = (of: "accepted" | "rejected") => pieces.reduce((sum, { guessed }) => sum + (guessed?.[of] ?? 0), 0);
  const end = pieces.find(({ type }) => type === "finished");
  return {
    tokens: pieces.flatMap(({ tokens }) => tokens),
    text: pieces.map(({ text }) => text).join(""),
    likelihoods: pieces.flatMap(({ likelihoods = [] }) => likelihoods),
    reason: end?.type === "finished" ? end.reason : "it did not end",
    accepted: sum("accepted"),
    rejected: sum("rejected"),
  };
}

async function settled(clock: SimulatedClock, condition: () => boolean): Promise<void> {
  for (let looks = 0; !condition(); looks++) {
    if (looks > 20_000) throw new Error("waited for kernels in vain");
    await clock.advance(1);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

interface Placed {
  readonly first: number;
  readonly last: number;
  readonly system: ActorSystem;
  readonly clock: SimulatedClock;
}

async function startSegment(
  { manifest, store, compute }: RealModel,
  { first, last, system, clock }: Placed,
): Promise<Ref<ExecutorMessage>> {
  const request = segmentOf(manifest, store, first, last + 1);
  const { architecture, blocks } = request;
  const { ref } = await spawnChild(
    system,
    executor({
      segment: await compute.open(request),
      clock,
      onStep: () => {},
      width: architecture.width,
      vocabulary: architecture.vocabulary,
      positionBytes: 16,
      context: CONTEXT,
      slots: request.slots,
      embeds: takesTokens(blocks),
      samples: givesLogits(blocks),
    }),
    { name: `segment-${first}`, channel: "tensors" },
  );
  return ref;
}

function segmentOf({ blocks, architecture }: Manifest, store: BlockStore, from: number, to: number) {
  const files = blocks.slice(from, to).map((block) => blockFiles(block, store));
  return { architecture, blocks: files, context: CONTEXT, slots: 2 };
}
