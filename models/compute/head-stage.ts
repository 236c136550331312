/** The head as a stage: final norm and output projection of the tokens whose logits are wanted, and the draw. */
import { roleOf } from "../block-role.ts";
import type { Architecture } from "../manifest.ts";
import { sample } from "../sampling/mod.ts";
import { free } from "./free.ts";
import type { KernelBinding, Kernels, KernelTensor } from "./kernels.ts";
import type { StepRow } from "./messages.ts";
import type { SessionLease } from "./sessions.ts";
import type { Pass, Stage } from "./stage.ts";

/** Rows that the head runs at once: bounds what logits take, 128 KB to 1 MB a row. */
const ROWS = 16;

/** Makes the stage of a loaded head. */
export function headStage(lease: SessionLease, kernels: Kernels, { width, vocabulary }: Architecture): Stage {
  const projection = new Projection(lease, kernels, width, vocabulary);
  return {
    ...roleOf({ kind: "head" }),
    async run({ step, batch, states, result }: Pass) {
      const sampled: { readonly row: number; readonly state: Float32Array }[] = [];
      for (const [place, row] of batch.rows.entries()) {
        const own = states.values.subarray(place * batch.count * width, (place + 1) * batch.count * width);
        const output = step.rows[row]?.output;
        if (output === "logits") result.logits[row] = await projection.all(own, batch.count);
        else if (output !== "none") sampled.push({ row, state: own.subarray(own.length - width) });
      }
      for (let begin = 0; begin < sampled.length; begin += ROWS) {
        const group = sampled.slice(begin, begin + ROWS);
        const logits = await projection.run(group.map(({ state }) => state));
        for (const [index, { row }] of group.entries()) {
          const own = logits.subarray(index * vocabulary, (index + 1) * vocabulary);
          result.tokens[row] = draw(own, step.rows[row] as StepRow);
        }
      }
    },
    async close() {
      projection.close();
      await lease.release();
    },
  };
}

function draw(logits: Float32Array, { output, position, count }: StepRow): number {
  if (typeof output === "string") return -1;
  return sample(logits, output.sampling, { position: position + count, history: output.history });
}

/** The head's graph on buffers that are kept, for up to `ROWS` rows at a time. */
class Projection {
  readonly #lease: SessionLease;
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #vocabulary: number;
  #states = new Float32Array(0);
  #logits = new Float32Array(0);
  readonly #bound = new Map<number, { readonly binding: KernelBinding; readonly tensors: readonly KernelTensor[] }>();

  constructor(lease: SessionLease, kernels: Kernels, width: number, vocabulary: number) {
    this.#lease = lease;
    this.#kernels = kernels;
    this.#width = width;
    this.#vocabulary = vocabulary;
  }

  /** Logits [states, vocabulary] of some states; they are overwritten by the next run. */
  async run(states: readonly Float32Array[]): Promise<Float32Array> {
    const rows = states.length;
    this.#grow(rows);
    for (const [index, state] of states.entries()) this.#states.set(state, index * this.#width);
    await this.#bind(rows).run();
    return this.#logits.subarray(0, rows * this.#vocabulary);
  }

  /** A copy of the logits [count, vocabulary] of `count` neighbouring states. */
  async all(states: Float32Array, count: number): Promise<Float32Array> {
    const logits = new Float32Array(count * this.#vocabulary);
    for (let begin = 0; begin < count; begin += ROWS) {
      const rows = Array.from({ length: Math.min(ROWS, count - begin) }, (_, index) => {
        return states.subarray((begin + index) * this.#width, (begin + index + 1) * this.#width);
      });
      logits.set(await this.run(rows), begin * this.#vocabulary);
    }
    return logits;
  }

  close(): void {
    for (const { binding, tensors } of this.#bound.values()) {
      binding.close();
      for (const tensor of tensors) tensor.close();
    }
    this.#bound.clear();
    free(this.#states);
    free(this.#logits);
  }

  #grow(rows: number): void {
    if (this.#states.length >= rows * this.#width) return;
    this.close();
    this.#states = new Float32Array(rows * this.#width);
    this.#logits = new Float32Array(rows * this.#vocabulary);
  }

  #bind(rows: number): KernelBinding {
    const found = this.#bound.get(rows);
    if (found !== undefined) return found.binding;
    const binding = this.#lease.graph.bind();
    const states = this.#kernels.tensor(this.#states, [rows, 1, this.#width]);
    const logits = this.#kernels.tensor(this.#logits, [rows, 1, this.#vocabulary]);
    binding.input("hidden", states);
    binding.output("logits", logits);
    this.#bound.set(rows, { binding, tensors: [states, logits] });
    return binding;
  }
}
