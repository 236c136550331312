/** How long blocks take here, learnt from the steps that segments really run. */
import type { RowTime } from "../../models/compute/mod.ts";
import type { StepTimes } from "../executor/state.ts";
import type { BatchTime, BlockTime, DeviceReport, LevelTime } from "../leader/protocol.ts";
import { BatchFactors } from "./batches.ts";
import { LevelShares } from "./level-shares.ts";
import { Samples } from "./samples.ts";
import { SegmentWork, type StepWindow, type WorkingSegment } from "./segment-work.ts";

/** Decode steps that the overhead is the median of. */
const WINDOW = 31;
/** Below this many, a median is too easily one odd step. */
const ENOUGH = 5;
/** Segments of a model that are remembered, the latest: what blocks took that have moved away since. */
const REMEMBERED = 4;
/** Models that are remembered, the latest. */
const MODELS = 8;

interface ModelWork {
  readonly factors: BatchFactors;
  readonly shares: LevelShares;
  /** Who ran last goes last. */
  readonly segments: SegmentWork[];
}

/** Collects times by model and block. */
export class WorkTimes {
  readonly #overhead = new Samples(WINDOW);
  readonly #models = new Map<string, ModelWork>();

  /** A segment has been loaded, and what one of its layers takes by rows measured with it; the function takes its steps. */
  begin(segment: WorkingSegment, rowTimes: readonly RowTime[] = []): (step: StepTimes) => void {
    const { model } = segment;
    const known = this.#models.get(model) ?? newModel();
    // The latest goes last.
    this.#models.delete(model);
    this.#models.set(model, known);
    const [oldest] = this.#models.keys();
    if (oldest !== undefined && this.#models.size > MODELS) this.#models.delete(oldest);
    known.factors.begin(rowTimes);
    const work = new SegmentWork(segment, known);
    return (step) => {
      if (known.segments.at(-1) !== work) putLast(known.segments, work);
      if (work.record(step) && step.tokens === step.rows) this.#overhead.add(beyondBlocks(step));
    };
  }

  /** The median of what a decode step takes beyond its blocks, or undefined where too little is known. */
  overheadMilliseconds(): number | undefined {
    return this.#overhead.count < ENOUGH ? undefined : this.#overhead.median();
  }

  /**
   * The times of a model's blocks of which enough is known. Blocks that do not run here any more count as they were then, by
   * what has become of the device since: all layers of a model are alike.
   */
  of(model: string): BlockTime[] {
    const measured = (this.#models.get(model)?.segments ?? []).map((work) => {
      const blocks = work.blocks();
      return { blocks, layer: layerOf(work.segment, blocks) };
    });
    const now = measured.findLast(({ layer }) => layer !== undefined)?.layer;
    const known = new Map<number, BlockTime>();
    for (const { blocks, layer } of measured) {
      const drift = now === undefined || layer === undefined ? 1 : now / layer;
      for (const block of blocks) known.set(block.index, scaled(block, drift));
    }
    return [...known.values()].sort((a, b) => a.index - b.index);
  }

  /** What a decoder layer takes by the rows of a step, on the segment that ran last. */
  batches(model: string): BatchTime[] {
    return this.#models.get(model)?.segments.findLast((work) => work.layers().length > 0)?.layers() ?? [];
  }

  /** What the levels of an elastic model take, of those that have run beside the whole. */
  levels(model: string): LevelTime[] {
    return this.#models.get(model)?.shares.known() ?? [];
  }

  /** The models of which something is known. */
  models(): string[] {
    return [...this.#models.keys()];
  }

  /** What each segment did since its last window; those that made fewer steps than `least` go on with theirs. */
  takeWindows(now: number, least = 1): StepWindow[] {
    return [...this.#models.values()].flatMap(({ segments }) =>
      segments.flatMap((work) => work.takeWindow(now, least) ?? [])
    );
  }

  /** A change of a segment's speed is established: only its latest so many steps count. */
  settle({ model, first, last }: Pick<WorkingSegment, "model" | "first" | "last">, steps: number): void {
    for (const work of this.#models.get(model)?.segments ?? []) {
      if (work.segment.first === first && work.segment.last === last) work.settle(steps);
    }
  }

  /** The device has become so many times as slow since it last worked, or as fast where that is below 1. */
  rescale(factor: number): void {
    for (const { segments } of this.#models.values()) for (const work of segments) work.rescale(factor);
  }
}

function newModel(): ModelWork {
  return { factors: new BatchFactors(), shares: new LevelShares(), segments: [] };
}

function putLast(segments: SegmentWork[], work: SegmentWork): void {
  const place = segments.indexOf(work);
  if (place >= 0) segments.splice(place, 1);
  segments.push(work);
  segments.splice(0, segments.length - REMEMBERED);
}

function beyondBlocks({ stepMilliseconds, blockMilliseconds }: StepTimes): number {
  return Math.max(0, stepMilliseconds - blockMilliseconds.reduce((sum, milliseconds) => sum + milliseconds, 0));
}

/** The mean of a segment's layers. */
function layerOf({ first, kinds }: WorkingSegment, blocks: readonly BlockTime[]): number | undefined {
  const layers = blocks.filter(({ index }) => kinds[index - first] === "layer");
  if (layers.length === 0) return undefined;
  return layers.reduce((sum, { decodeMilliseconds }) => sum + decodeMilliseconds, 0) / layers.length;
}

/** What is told of a model's work here, on a device so many times as slow as it is. */
export function reportedOf(work: WorkTimes, model: string, slowdown = 1): DeviceReport["work"][number] {
  const levels = work.levels(model);
  return {
    model,
    blocks: work.of(model).map((block) => scaled(block, slowdown)),
    batches: work.batches(model),
    ...(levels.length === 0 ? {} : { levels }),
  };
}

/** A block's times on a device so many times slower. */
export function scaled(block: BlockTime, factor: number): BlockTime {
  const { decodeMilliseconds, prefillMillisecondsPerToken: prefill } = block;
  return {
    ...block,
    decodeMilliseconds: decodeMilliseconds * factor,
    ...(prefill === undefined ? {} : { prefillMillisecondsPerToken: prefill * factor }),
  };
}
