/**
 * Talks with a small model with real kernels, over executors on one to three devices in one process. Every hidden state that
 * leaves the first segment is kept by what it follows from, so that two ways to the same token can be compared bit by bit.
 */
import { conversation } from "../../actors/conversation/behaviour.ts";
import type { FromConversation } from "../../actors/conversation/protocol.ts";
import { executor } from "../../actors/executor/behaviour.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import { givesLogits, takesTokens } from "../../models/block-role.ts";
import { blockFiles, type ComputeSegment } from "../../models/compute/mod.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { createLoopback } from "../../runtime/actor/loopback.ts";
import { type ActorSystem, createActorSystem } from "../../runtime/actor/mod.ts";
import { simulatedClock } from "../../runtime/clock.ts";
import { spawnChild } from "./child.ts";
import { defined } from "./defined.ts";
import { recorder } from "./recorder.ts";
import type { RealModel } from "./speculation-scene.ts";

export const CONTEXT = 160;
const DEVICES = ["a", "b", "c"];

/** What came of a prompt. */
export interface Turn {
  readonly tokens: readonly number[];
  /** Tokens of the prompt that were in the caches. */
  readonly cached: number;
}

export interface Talks extends AsyncDisposable {
  /** Hidden states behind the first segment, by all tokens up to theirs and how each attended. */
  readonly states: ReadonlyMap<string, Float32Array>;
  /** Has a prompt answered. */
  answer(prompt: readonly number[], count: number): Promise<Turn>;
  /** Lets time pass in which nobody asks. */
  rest(milliseconds: number): Promise<void>;
}

export interface TalksOptions {
  /** Blocks before which the segments of the second and the third device begin. */
  readonly cuts: readonly number[];
  readonly prefixes: boolean;
}

/** Starts the segments. */
export async function startTalks(real: RealModel, { cuts, prefixes }: TalksOptions): Promise<Talks> {
  const clock = simulatedClock();
  const network = createLoopback();
  const systems = new Map(DEVICES.map((device) => {
    return [device, createActorSystem({ device, clock, transport: network.join(device), graceMs: 10 })];
  }));
  const system = (device: string): ActorSystem => defined(systems.get(device));
  const states = new Map<string, Float32Array>();
  const { manifest: { architecture, id, name, blocks: all }, store, compute, language } = real;
  const starts = [0, ...cuts, all.length];
  const segments: ActivePlan["segments"][number][] = [];
  for (const [at, first] of starts.slice(0, -1).entries()) {
    const [device, last] = [defined(DEVICES[at]), defined(starts[at + 1]) - 1];
    const blocks = all.slice(first, last + 1).map((block) => blockFiles(block, store));
    const opened = await compute.open({ architecture, blocks, context: CONTEXT, slots: 4 });
    const behaviour = executor({
      segment: at === 0 ? watched(opened, states) : opened,
      ...{ clock, onStep: () => {}, width: architecture.width, vocabulary: architecture.vocabulary, prefixes },
      ...{ positionBytes: 16, context: CONTEXT, slots: 4, concurrency: 2 },
      ...{ embeds: takesTokens(blocks), samples: givesLogits(blocks) },
    });
    const { ref } = await spawnChild(system(device), behaviour, { name: `segment-${first}`, channel: "tensors" });
    segments.push({ device, name: device, first, last, bytes: 0, ref });
  }
  const number = { term: 1, epoch: 1 };
  const model = { id, name, blocks: all.length };
  const plan: ActivePlan = { number, model, planner: "even", context: CONTEXT, concurrency: 2, segments };
  const settled = async (condition: () => boolean) => {
    for (let looks = 0; !condition(); looks++) {
      if (looks > 20_000) throw new Error("waited for kernels in vain");
      await clock.advance(1);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
  let asked = 0;
  return {
    states,
    async answer(prompt, count) {
      const heard = recorder<FromConversation>();
      const answer = system("a").spawn(heard.behaviour, { name: `answer-${++asked}` });
      const request = {
        ...{ prompt: { type: "tokens" as const, tokens: [...prompt] }, maxTokens: count, stop: [] },
        sampling: { ...defaultSampling, temperature: 0 },
      };
      const progress = { generated: [], sent: 0 };
      const behaviour = conversation({ id: `talk-${asked}`, plan, request, progress, answer, language });
      const told = await spawnChild(system("a"), behaviour, { name: `conversation-${asked}` });
      await settled(() => told.ends.length > 0);
      return turnOf(heard.heard.map(({ event }) => event));
    },
    async rest(milliseconds) {
      const end = clock.now() + milliseconds;
      await settled(() => clock.now() >= end);
    },
    async [Symbol.asyncDispose]() {
      for (const each of systems.values()) await each.stop();
    },
  };
}

function turnOf(events: readonly FromConversation["event"][]): Turn {
  const end = events.at(-1);
  if (end?.type !== "finished") throw new Error(`An answer ended with ${JSON.stringify(end)}.`);
  const tokens = events.flatMap((event) => event.type === "piece" || event.type === "finished" ? event.tokens : []);
  return { tokens, cached: end.cached ?? 0 };
}

/** A first segment whose hidden states are kept. What a slot holds is known by what was run in it, or copied to it. */
function watched(segment: ComputeSegment, states: Map<string, Float32Array>): ComputeSegment {
  const slots: string[][] = [];
  return {
    ...segment,
    loadMilliseconds: segment.loadMilliseconds,
    async step(request) {
      const keys: string[] = [];
      let offset = 0;
      for (const { slot, position, count, attention } of request.rows) {
        const held = slots[slot] ??= [];
        held.length = position;
        for (const token of request.tokens.subarray(offset, offset += count)) {
          held.push(`${token}${attention === "chunk" ? "+" : ""}`);
          keys.push(held.join(" "));
        }
      }
      const result = await segment.step(request);
      const width = (result.hidden?.length ?? 0) / keys.length;
      for (const [at, key] of keys.entries()) {
        const state = defined(result.hidden).slice(at * width, (at + 1) * width);
        const before = states.get(key);
        if (before !== undefined && state.some((value, index) => value !== before[index])) {
          throw new Error(`"${key}" has other bits than before.`);
        }
        states.set(key, state);
      }
      return result;
    },
    copyCache(source, target, upTo) {
      slots[target] = (slots[source] ?? []).slice(0, upTo);
      return segment.copyCache(source, target, upTo);
    },
  };
}
