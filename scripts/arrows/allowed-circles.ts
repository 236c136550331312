import type { AllowedCircle } from "./rules.ts";

/** True recursion. An entry that no circle needs any more is an error. */
export const allowedCircles: readonly AllowedCircle[] = [];

/** Circles that were there before circles were forbidden: whoever dissolves one takes it out of this list. */
export const circlesBefore: readonly AllowedCircle[] = [
  {
    files: ["runtime/actor/context.ts", "runtime/actor/life.ts", "runtime/actor/turn.ts"],
    why: "to spawn takes a turn, a turn starts a life, a life needs a context that can spawn",
  },
  {
    files: [
      "actors/addresses.ts",
      "actors/device.ts",
      "actors/gateway/answer.ts",
      "actors/gateway/behaviour.ts",
      "actors/gateway/served.ts",
    ],
    why: "the bag of a device's fields knows every room, and every room knows it",
  },
  { files: ["actors/gateway/http.ts", "actors/gateway/inspection.ts"], why: "a misplaced type" },
  { files: ["actors/leader/knowledge.ts", "actors/leader/planning.ts"], why: "a misplaced function" },
  {
    files: ["plans/exact/alive.ts", "plans/exact/entrance.ts", "plans/exact/relaxation.ts"],
    why: "two files that hold two ideas each",
  },
  { files: ["runtime/actor/core.ts", "runtime/actor/remote.ts"], why: "a type" },
];
