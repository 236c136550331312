/** An executor on a device of its own, between probes: what it is told, what it tells, what it asks its compute worker. */
import assert from "node:assert/strict";
import { executor, type StepTimes } from "../../actors/executor/behaviour.ts";
import type { ExecutorLook, ExecutorMessage } from "../../actors/executor/protocol.ts";
import type { ExecutorOptions } from "../../actors/executor/state.ts";
import {
  type Forward,
  forwardOf,
  type Resume,
  type SegmentMessage,
  type SequenceMessage,
} from "../../actors/pipeline.ts";
import type { ComputeSegment, StepRequest, StepResult } from "../../models/compute/mod.ts";
import { defaultSampling, type SamplingOptions } from "../../models/sampling/mod.ts";
import { createLoopback, type Loopback } from "../../runtime/actor/loopback.ts";
import { type ActorSystem, createActorSystem, type Ref, type Reply } from "../../runtime/actor/mod.ts";
import { type SimulatedClock, simulatedClock } from "../../runtime/clock.ts";
import { spawnChild } from "./child.ts";
import { defined } from "./defined.ts";
import { type Recorder, recorder } from "./recorder.ts";

const WIDTH = 2;

/** A step that was asked for, and how it ends. */
export interface Step {
  readonly request: Omit<StepRequest, "segment">;
  end(result?: Partial<StepResult>): void;
  fail(error: Error): void;
}

/** Somebody who converses. */
export interface Talker extends Recorder<SequenceMessage> {
  readonly ref: Ref<SequenceMessage>;
}

export interface ExecutorScene {
  readonly clock: SimulatedClock;
  readonly network: Loopback;
  readonly ref: Ref<ExecutorMessage>;
  readonly steps: Step[];
  /** Caches that were copied: from which slot to which, and how many positions. */
  readonly copies: (readonly [number, number, number])[];
  /** Slots whose memory was given back. */
  readonly discarded: number[];
  readonly times: StepTimes[];
  /** What the segment behind was told, and what another one was that others go on to. */
  readonly next: Recorder<SegmentMessage>;
  readonly other: Recorder<SegmentMessage>;
  readonly route: readonly Ref<SegmentMessage>[];
  readonly otherRoute: readonly Ref<SegmentMessage>[];
  /** How the executor ended. */
  readonly ends: readonly string[];
  readonly closed: () => boolean;
  /** A conversation on the executor's own device, or on another. */
  talker(name: string, device?: string): Talker;
  /** Tells from the executor's own device, or from another. */
  tell(message: ExecutorMessage, from?: string): Promise<void>;
  /** Tells as a conversation does that enters, or takes `resume` up, and returns the number that it got. */
  enter(talker: Talker, sampling?: Partial<SamplingOptions>, resume?: readonly number[]): Promise<number>;
  look(): Promise<ExecutorLook>;
  stop(): Promise<void>;
}

/** An executor on device "b", with a device "a" before it and "c" behind. */
export async function scene(
  more: Partial<ExecutorOptions>,
  action: (scene: ExecutorScene) => Promise<void>,
): Promise<void> {
  const clock = simulatedClock();
  const network = createLoopback();
  const systems = new Map(["a", "b", "c"].map((device) => {
    return [device, createActorSystem({ device, clock, transport: network.join(device), graceMs: 10 })];
  }));
  const system = (device: string) => defined(systems.get(device));
  const [steps, times]: [Step[], StepTimes[]] = [[], []];
  const copies: ExecutorScene["copies"] = [];
  const discarded: number[] = [];
  const segment = segmentByHand({ steps, copies, discarded });
  const behaviour = executor({
    segment,
    clock,
    onStep: (step) => times.push(step),
    width: WIDTH,
    vocabulary: 100,
    positionBytes: 8,
    context: 20,
    slots: 2,
    embeds: true,
    samples: false,
    ...more,
  });
  const { ref, ends, stop } = await spawnChild(system("b"), behaviour, { name: "executor", channel: "tensors" });
  const behind = [recorder<SegmentMessage>(), recorder<SegmentMessage>()] as const;
  const [route, otherRoute] = behind.map((told, at) => {
    return [system("c").spawn(told.behaviour, { name: `next-${at}`, channel: "tensors" })];
  });
  const sent = async (from: string, message: ExecutorMessage) => {
    system(from).tell(ref, message);
    await clock.advance(1);
  };
  try {
    await action({
      ...{
        clock,
        network,
        ref,
        steps,
        copies,
        discarded,
        times,
        ends,
        route: defined(route),
        otherRoute: defined(otherRoute),
      },
      next: behind[0],
      other: behind[1],
      closed: () => segment.closed,
      talker(name, device = "b") {
        const heard = recorder<SequenceMessage>();
        return { ...heard, ref: system(device).spawn(heard.behaviour, { name }) };
      },
      tell: (message, from = "b") => sent(from, message),
      async enter({ ref: conversation, of }, sampling = {}, ids) {
        const asked = { ...defaultSampling, ...sampling };
        const resume = ids === undefined ? undefined : Int32Array.from(ids);
        await sent("b", { type: "enter", conversation, route: defined(route), sampling: asked, resume });
        return of("seated").at(-1)?.sequence ?? -1;
      },
      look: () => lookAt(system("b"), ref),
      async stop() {
        stop();
        await clock.advance(1);
      },
    });
  } finally {
    for (const system of systems.values()) await system.stop();
  }
}

/** A segment whose steps end when a test says so. */
function segmentByHand(
  { steps, copies, discarded }: Pick<ExecutorScene, "steps" | "copies" | "discarded">,
): ComputeSegment & { closed: boolean } {
  const unused = () => Promise.reject(new Error("not asked of this segment"));
  return {
    closed: false,
    loadMilliseconds: 0,
    step(request) {
      const { promise, resolve, reject } = Promise.withResolvers<StepResult>();
      const end = (result: Partial<StepResult> = {}) =>
        resolve({ tokens: [], logits: [], blockMilliseconds: [1], ...result });
      steps.push({ request, end, fail: reject });
      return promise;
    },
    readCache: unused,
    writeCache: () => Promise.resolve(),
    copyCache(...copy) {
      copies.push(copy);
      return copy[2] !== 12 ? Promise.resolve() : Promise.reject(new Error("so much cannot be copied"));
    },
    discardCache(slot) {
      discarded.push(slot);
      return Promise.resolve();
    },
    close() {
      this.closed = true;
      return Promise.resolve();
    },
  };
}

async function lookAt(system: ActorSystem, ref: Ref<ExecutorMessage>): Promise<ExecutorLook> {
  const make = (replyTo: Ref<Reply<ExecutorLook>>) => ({ type: "look" as const, replyTo });
  const outcome = await system.ask(ref, make, { timeoutMs: 100 });
  return outcome.type === "reply" ? outcome.value : assert.fail(outcome.reason);
}

/** A forward of one row that asks for a token: of one token as in decode, of several as a prompt. */
export const one = (sequence: number, position: number, ...tokens: number[]): Forward => {
  const attention = tokens.length === 1 ? "single" : "chunk";
  return forwardOf(sequence, { position, tokens: Int32Array.from(tokens), attention, sample: "last" });
};

/** How a segment opens a sequence at the next. */
export const open = (
  { ref: conversation }: Talker,
  sequence: number,
  slot: number,
  route: readonly Ref<SegmentMessage>[] = [],
  resume?: Resume,
): Extract<SegmentMessage, { readonly type: "open" }> => {
  return { type: "open", sequence, slot, route, conversation, sampling: defaultSampling, resume };
};
