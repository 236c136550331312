/** Runs rows through a contiguous run of blocks, each a stage: look-up, layers over the KV caches in place, head. */
import { givesLogits, takesTokens } from "../block-role.ts";
import { type Batch, type Batching, batchRows } from "./batches.ts";
import type { CacheLayers } from "./caches.ts";
import { Embedding } from "./embedding.ts";
import { embeddingStage } from "./embedding-stage.ts";
import { headStage } from "./head-stage.ts";
import type { Kernels } from "./kernels.ts";
import { LevelRoom } from "./level-room.ts";
import type { BlockFiles, RowTime, SegmentRequest, StepRequest, StepResult, StepRow } from "./messages.ts";
import { Positions } from "./positions.ts";
import { MOST_ROWS, rowTimesOf } from "./row-times.ts";
import { type SessionLease, type Sessions, whileLeased } from "./sessions.ts";
import { slowDown } from "./slow-down.ts";
import { SlotLevels } from "./slot-levels.ts";
import { SparePositions } from "./spare-positions.ts";
import type { Pass, Stage } from "./stage.ts";
import { HiddenStates } from "./states.ts";

/** What segments run with. */
export interface Bench {
  readonly kernels: Kernels;
  readonly sessions: Sessions;
  /** Emulates a device so many times slower: 1 for none. */
  readonly slowdown: number;
}

/** A loaded segment. One step at a time. */
export class SegmentRunner {
  readonly #request: SegmentRequest;
  readonly #bench: Bench;
  readonly #states: HiddenStates;
  readonly #positions: Positions;
  /** By level, from the least. */
  readonly #rooms: readonly LevelRoom[];
  readonly #slots: SlotLevels;
  readonly #spare: SparePositions;

  /** What is no layer. */
  readonly #ends = new Map<BlockFiles, Stage>();
  #rowTimes: readonly RowTime[] = [];

  private constructor(request: SegmentRequest, bench: Bench) {
    const { architecture, context, slots, levels = 1 } = request;
    const { kernels } = bench;
    this.#request = request;
    this.#bench = bench;
    this.#states = new HiddenStates(kernels, architecture.width);
    this.#positions = new Positions(kernels, architecture, { context, slots });
    this.#rooms = Array.from({ length: levels }, (_, index) => {
      return new LevelRoom(kernels, request, this.#positions, index + 1);
    });
    this.#slots = new SlotLevels(this.#rooms, slots);
    this.#spare = new SparePositions({ context, slots });
  }

  /** What one of its layers takes by the rows of a step; nothing of a segment without layers. */
  get rowTimes(): readonly RowTime[] {
    return this.#rowTimes;
  }

  /** As `Caches.read`. */
  readCache(layers: CacheLayers, slot: number, from: number, to: number): Float32Array {
    return this.#slots.cacheOf(slot).read(layers, slot, from, to);
  }

  /** As `Caches.write`; the slot holds `level` then. */
  writeCache(layers: CacheLayers, slot: number, from: number, data: Float32Array, level = this.#rooms.length): void {
    this.#slots.hold(slot, level);
    this.#spare.wrote(slot, this.#slots.cacheOf(slot).write(layers, slot, from, data));
  }

  /** As `Caches.copy`. */
  copyCache(source: number, target: number, upTo: number): void {
    this.#slots.hold(target, this.#slots.levelOf(source));
    this.#slots.cacheOf(source).copy(source, target, upTo);
    this.#spare.wrote(target, upTo);
  }

  /** As `Caches.discard`. */
  discardCache(slot: number): void {
    this.#slots.cacheOf(slot).discard(slot);
  }

  /**
   * Loads a segment; what was loaded is let go again when a block fails. Levels below the highest are loaded when a step wants
   * them: whoever names no target never has them in memory.
   */
  static async open(request: SegmentRequest, bench: Bench): Promise<SegmentRunner> {
    const runner = new SegmentRunner(request, bench);
    try {
      await runner.#loadEnds();
      const highest = runner.#rooms.at(-1) as LevelRoom;
      await highest.open(request.blocks, runner.#ends, bench.sessions);
      await runner.#warmUp(highest);
      await runner.#timeRows(highest);
      return runner;
    } catch (error) {
      await runner.close();
      throw error;
    }
  }

  async #loadEnds(): Promise<void> {
    const { architecture, blocks } = this.#request;
    const { kernels, sessions } = this.#bench;
    for (const block of blocks) {
      switch (block.kind) {
        case "embed": {
          const embedding = new Embedding(block.weights, block.table, architecture.width);
          this.#ends.set(block, embeddingStage(embedding, architecture.width));
          break;
        }
        case "head": {
          const head = (lease: SessionLease) => headStage(lease, kernels, architecture);
          this.#ends.set(block, await whileLeased(sessions, [block], ([lease]) => head(lease as SessionLease)));
          break;
        }
        case "layer":
          break;
        default:
          block satisfies never;
      }
    }
  }

  /** The rooms of these levels, the least first. @throws {KernelError} where one has to be loaded and cannot be. */
  async #roomsOf(levels: ReadonlySet<number>): Promise<LevelRoom[]> {
    const rooms = this.#rooms.filter(({ level }) => levels.has(level));
    for (const room of rooms) {
      if (!room.isOpen) await room.open(this.#request.blocks, this.#ends, this.#bench.sessions);
    }
    return rooms;
  }

  /**
   * Runs a row of no meaning, since the first one takes longer by a third: memory is touched and tensors are bound. What it
   * leaves in the caches is overwritten before it is read. Between two blocks steps of other segments have their turn.
   */
  async #warmUp({ stages }: LevelRoom): Promise<void> {
    const row: StepRow = { slot: 0, position: 0, count: 1, attention: "single", output: "logits" };
    const step: StepRequest = { segment: 0, rows: [row], tokens: new Int32Array(1) };
    const [batch] = batchRows(step.rows, this.#batching(stages));
    if (batch === undefined) return;
    this.#states.begin(1, 1);
    this.#states.values.fill(0);
    const pass: Pass = { step, batch, states: this.#states, result: { tokens: [], ratings: [], logits: [undefined] } };
    for (const stage of stages) {
      await stage.run(pass);
      await othersTurn();
    }
  }

  /** As `#warmUp` does, for more rows, layer by layer. */
  async #timeRows({ stages, caches }: LevelRoom): Promise<void> {
    const layers = stages.filter(({ structure }) => structure !== undefined);
    const [{ slots }, states, batching] = [this.#request, this.#states, this.#batching(stages)];
    this.#rowTimes = await rowTimesOf(layers, { slots, states, batching, othersTurn });
    for (let slot = 0; slot < Math.min(slots, MOST_ROWS); slot++) caches.discard(slot);
  }

  async close(): Promise<void> {
    for (const room of this.#rooms) await room.close();
    for (const stage of this.#ends.values()) await stage.close();
    this.#ends.clear();
    this.#states.close();
    this.#positions.close();
  }

  /**
   * Runs one step. @throws {RangeError} for rows outside the slots, the context or the arrays, {KernelError} where a level that
   * is wanted for the first time cannot be loaded.
   */
  async step(step: StepRequest): Promise<StepResult> {
    const { architecture: { width }, blocks } = this.#request;
    const total = this.#validate(step);
    const samples = givesLogits(blocks);
    const hidden = samples ? undefined : new Float32Array(total * width);
    const result = {
      tokens: samples ? step.rows.map((): number[] => []) : [],
      ratings: [],
      logits: samples ? step.rows.map((): StepResult["logits"][number] => undefined) : [],
    };
    const blockMilliseconds = blocks.map(() => 0);
    const levelOf = ({ level = this.#rooms.length }: StepRow) => level;
    const rooms = await this.#roomsOf(new Set(step.rows.map(levelOf)));
    this.#spare.run(step.rows);
    for (const row of step.rows) this.#slots.hold(row.slot, levelOf(row));
    for (const { level, stages } of rooms) {
      for (const batch of batchRows(step.rows, this.#batching(stages), (row) => levelOf(row) === level)) {
        await this.#pass({ step, batch, states: this.#states, result }, stages, blockMilliseconds);
        if (hidden !== undefined) this.#scatter(batch, hidden);
      }
    }
    const { tokens, logits, ratings } = result;
    return {
      ...{ tokens, logits, blockMilliseconds },
      ...(ratings.length === 0 ? {} : { ratings }),
      ...(hidden === undefined ? {} : { hidden }),
    };
  }

  /** What batches depend on, in all of the layers. */
  #batching(stages: readonly Stage[]): Batching {
    const layers = stages.flatMap(({ batching = [] }) => batching);
    return {
      rowsAgree: layers.every(({ rowsAgree }) => rowsAgree),
      divisible: layers.every(({ divisible }) => divisible),
      spare: (slot) => this.#spare.in(slot),
    };
  }

  /** Takes one batch through all stages. */
  async #pass(pass: Pass, stages: readonly Stage[], blockMilliseconds: number[]): Promise<void> {
    const { step, batch } = pass;
    this.#states.begin(batch.size, batch.count);
    if (step.hidden !== undefined) this.#gather(step.hidden, batch);
    for (const [index, stage] of stages.entries()) {
      const begin = performance.now();
      await stage.run(pass);
      const took = slowDown(performance.now() - begin, this.#bench.slowdown);
      blockMilliseconds[index] = (blockMilliseconds[index] ?? 0) + took;
    }
  }

  /** Puts the batch's parts of `hidden` one behind another. */
  #gather(hidden: Float32Array, { parts, count }: Batch): void {
    const { width } = this.#request.architecture;
    for (const { offset, place } of parts) {
      this.#states.values.set(hidden.subarray(offset * width, (offset + count) * width), place * count * width);
    }
  }

  /** Puts the batch's states back where its parts are in `hidden`. */
  #scatter({ parts, count }: Batch, hidden: Float32Array): void {
    const { width } = this.#request.architecture;
    const size = count * width;
    for (const { offset, place } of parts) {
      hidden.set(this.#states.values.subarray(place * size, (place + 1) * size), offset * width);
    }
  }

  /** Checks the rows; returns how many tokens they have. */
  #validate(step: StepRequest): number {
    const { slots, context, blocks, architecture: { width } } = this.#request;
    let total = 0;
    for (const { slot, position, count, attention, output, level = this.#rooms.length } of step.rows) {
      if (slot < 0 || slot >= slots) {
        throw new RangeError(`A step names cache slot ${slot}; this segment has ${slots}.`);
      }
      this.#slots.require(slot, position, level);
      if (count < 1 || position < 0 || position + count > context) {
        throw new RangeError(`A step runs positions ${position} to ${position + count}; the context is ${context}.`);
      }
      if (attention === "chunk" && count < 2) {
        throw new RangeError("A chunk has two tokens at least; a step has one of 1.");
      }
      if (typeof output === "object" && output.guesses !== undefined && output.guesses.length !== count - 1) {
        throw new RangeError(`A step has a row of ${count} tokens with ${output.guesses.length} guesses.`);
      }
      total += count;
    }
    const [given, wanted] = takesTokens(blocks) ? [step.tokens.length, total] : [step.hidden?.length, total * width];
    if (given !== wanted) {
      throw new RangeError(`A step of ${total} tokens came with ${given} values instead of ${wanted}.`);
    }
    return total;
  }
}

function othersTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
