/** What the blocks of a segment are to its runner: stages, each of which takes what the one before gives. */
import type { BlockInput, BlockOutput } from "../block-role.ts";
import type { Batch, Batching } from "./batches.ts";
import type { Rating } from "../sampling/mod.ts";
import type { StepRequest, StepResult } from "./messages.ts";
import type { HiddenStates } from "./states.ts";

/** One batch of a step on its way through a segment. */
export interface Pass {
  readonly step: StepRequest;
  readonly batch: Batch;
  readonly states: HiddenStates;
  /** What the step gives; the stage that ends the model writes there. */
  readonly result: {
    readonly tokens: number[][];
    /** Stays empty where nobody asks. */
    readonly ratings: Rating[][];
    readonly logits: (StepResult["logits"][number])[];
  };
}

/** A loaded block. */
export interface Stage {
  readonly takes: BlockInput;
  readonly gives: BlockOutput;
  /** Of a layer: what batches depend on. */
  readonly batching?: Pick<Batching, "rowsAgree" | "divisible">;
  /** Of a layer: the same for those that differ in nothing but their weights. */
  readonly structure?: string;
  /** Runs the batch: states are changed where they lie. */
  run(pass: Pass): void | Promise<void>;
  close(): void | Promise<void>;
}
