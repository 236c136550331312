/** The head as a stage: final norm and output projection of the tokens whose logits are wanted, and the draw. */
import { roleOf } from "../block-role.ts";
import type { Architecture } from "../manifest.ts";
import { HISTORY_TOKENS, rate, type Rating, sample, type SamplingContext } from "../sampling/mod.ts";
import { free } from "./free.ts";
import type { KernelBinding, Kernels, KernelTensor } from "./kernels.ts";
import type { Draws, StepRow } from "./messages.ts";
import { headRowsAgree } from "./row-agreement.ts";
import type { SessionLease } from "./sessions.ts";
import type { Pass, Stage } from "./stage.ts";

/** Rows that the head runs at once: bounds what logits take, 128 KB to 1 MB a row. */
const ROWS = 16;

/** A state whose logits are wanted, if they are still of use when its turn comes. They are overwritten once they are taken. */
interface Wanted {
  readonly state: Float32Array;
  readonly isWanted?: () => boolean;
  take(logits: Float32Array): void;
}

/** Makes the stage of a loaded head. @throws {KernelError} */
export async function headStage(lease: SessionLease, kernels: Kernels, architecture: Architecture): Promise<Stage> {
  const { width, vocabulary } = architecture;
  const rowsAgree = await headRowsAgree(kernels, lease, architecture);
  const projection = new Projection(lease, kernels, architecture);
  return {
    ...roleOf({ kind: "head" }),
    async run({ step, batch, states, result }: Pass) {
      const [alone, shared]: [Wanted[], Wanted[]] = [[], []];
      for (const { row, from, place } of batch.parts) {
        const asked = step.rows[row] as StepRow;
        const wanted = asked.shared === true && !rowsAgree ? shared : alone;
        for (let token = 0; token < batch.count; token++) {
          const start = (place * batch.count + token) * width;
          const state = states.values.subarray(start, start + width);
          if (asked.output === "logits") {
            const all = result.logits[row] ??= new Float32Array(asked.count * vocabulary);
            wanted.push({ state, take: (logits) => all.set(logits, (from + token) * vocabulary) });
          } else if (asked.output !== "none") {
            const drawn = result.tokens[row] ??= [];
            const ratings = asked.output.logprobs === undefined ? undefined : result.ratings[row] ??= [];
            const draw = drawOf(asked, asked.output, from + token, { drawn, ratings });
            if (draw !== undefined) wanted.push({ state, ...draw });
          }
        }
      }
      await projection.run(alone, { least: 1, most: rowsAgree ? ROWS : 1 });
      await projection.run(shared, { least: 2, most: ROWS });
    },
    async close() {
      projection.close();
      await lease.release();
    },
  };
}

/** What was drawn of a row, and how likely it was where that is asked for. */
interface Drawn {
  readonly drawn: number[];
  readonly ratings: Rating[] | undefined;
}

/** The draw after the `at`-th token of a row, if there is to be one; what was drawn before takes it. */
function drawOf(
  { position, count }: StepRow,
  { sampling, history, guesses, logprobs = 0 }: Draws,
  at: number,
  { drawn, ratings }: Drawn,
): Omit<Wanted, "state"> | undefined {
  const draw = (logits: Float32Array, context: SamplingContext): void => {
    const token = sample(logits, sampling, context);
    drawn.push(token);
    ratings?.push(rate(logits, token, logprobs));
  };
  if (guesses === undefined) {
    if (at < count - 1) return undefined;
    return { take: (logits) => draw(logits, { position: position + count, history }) };
  }
  // A wrong guess ends the row: what comes behind it attends to what was not drawn.
  const isWanted = () => drawn.length === at && (at === 0 || drawn[at - 1] === guesses[at - 1]);
  return {
    isWanted,
    take(logits) {
      if (!isWanted()) return;
      const before = Int32Array.of(...history, ...guesses.subarray(0, at)).slice(-HISTORY_TOKENS);
      draw(logits, { position: position + at + 1, history: before });
    },
  };
}

/** The head's graph on buffers that are kept. */
class Projection {
  readonly #lease: SessionLease;
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #vocabulary: number;
  #states = new Float32Array(0);
  #logits = new Float32Array(0);
  readonly #bound = new Map<number, { readonly binding: KernelBinding; readonly tensors: readonly KernelTensor[] }>();

  constructor(lease: SessionLease, kernels: Kernels, { width, vocabulary }: Architecture) {
    this.#lease = lease;
    this.#kernels = kernels;
    this.#width = width;
    this.#vocabulary = vocabulary;
  }

  /** Gives whoever wants them the logits [vocabulary] of a state, in runs of `least` to `most` rows. */
  async run(
    wanted: readonly Wanted[],
    { least, most }: { readonly least: number; readonly most: number },
  ): Promise<void> {
    for (let begin = 0; begin < wanted.length; begin += most) {
      const group = wanted.slice(begin, begin + most);
      // Among others it is not known before they are drawn.
      if (group.length === 1 && group[0]?.isWanted?.() === false) continue;
      const rows = Math.max(least, group.length);
      this.#grow(rows);
      for (const [index, { state }] of group.entries()) this.#states.set(state, index * this.#width);
      await this.#bind(rows).run();
      for (const [index, { take }] of group.entries()) {
        take(this.#logits.subarray(index * this.#vocabulary, (index + 1) * this.#vocabulary));
      }
    }
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
