/**
 * Actors: each has a state that nobody else touches, handles one message at a time, and is reached by a ref that means the
 * same on every device. What is promised, and what is not, stands in docs/actors.md.
 *
 * ```ts
 * type Counter =
 *   | { readonly type: "add"; readonly by: number }
 *   | { readonly type: "read"; readonly replyTo: Ref<Reply<number>> };
 *
 * const counter: Behaviour<number, Counter> = {
 *   start: () => 0,
 *   receive(total, message, context) {
 *     switch (message.type) {
 *       case "add":
 *         return next(total + message.by);
 *       case "read":
 *         reply(context, message.replyTo, total);
 *         return next(total);
 *     }
 *   },
 * };
 *
 * await using system = createActorSystem({ device: "my laptop" });
 * const ref = system.spawn(counter, { name: "counter" });
 * system.tell(ref, { type: "add", by: 2 });
 * system.tell(ref, { type: "add", by: 3 });
 * const read = (replyTo: Ref<Reply<number>>) => ({ type: "read", replyTo }) as const;
 * const outcome = await system.ask(ref, read, { timeoutMs: 1000 });
 * if (outcome.type === "reply") console.log(outcome.value); // 5
 * ```
 */
export * from "./ref.ts";
export { createActorSystem } from "./system.ts";
export type { ActorSystem, ActorSystemOptions } from "./system.ts";
export { arrival, next, reply, stop } from "./behaviour.ts";
export type {
  Arrival,
  AskFailure,
  AskOptions,
  AskOutcome,
  Behaviour,
  Context,
  DeviceLost,
  HandOver,
  HandOverOptions,
  Next,
  Offer,
  Relocated,
  RelocateOptions,
  RestartPolicy,
  Sender,
  SpawnOptions,
  StopReason,
  Terminated,
} from "./behaviour.ts";
export type { ActorSnapshot, Counters, DropReason, Inspect, InspectEvent } from "./inspect.ts";
export type { FrameListener, PeerEvent, Sent, Transport } from "../transport.ts";
