/**
 * Which tokens of a step run through the blocks together. The kernels round a token that runs alone differently from one among
 * others, in the attention on every processor, in 4-bit products on some: so no token of a chunk is ever alone in a batch, and
 * where rows do not agree a row that shares is always among others, a row of no meaning if need be. How those that attend by
 * themselves are run is the layers' business.
 */
import { cutChunks } from "./chunks.ts";
import type { Attention, StepRow } from "./messages.ts";

/**
 * Tokens of one pass at most. ONNX Runtime shares 4-bit products out to its threads 128 rows at a time, and the 129th would run
 * alone.
 */
const PASS_TOKENS = 128;

/**
 * Slots between two rows that are run along rather than to read the weights twice, where weights are read at the pace of
 * memory, and where arithmetic takes as long. Measured at a 4-bit layer: a second reading costs 0.8 rows of the first kind's
 * 1 + 0.28 for each further one, and 0.2 ms where a row takes 0.15.
 */
const [FILLED, FILLED_SHARED] = [2, 1] as const;

/** The tokens of one row that are in a batch. */
export interface Part {
  /** Index into the step's rows. */
  readonly row: number;
  /** Where they begin among the row's tokens… */
  readonly from: number;
  /** …and among those of all rows. */
  readonly offset: number;
  /** Position of the first of them. */
  readonly position: number;
  /** Its row in the batch's tensors: its slot, counted from the batch's first. */
  readonly place: number;
}

/** Parts of equal length in slots next to each other: one pass of `size` x `count` tokens. */
export interface Batch {
  /** The lowest slot; the others follow without a gap. */
  readonly slot: number;
  /** Slots, those included that are run along and have no part. */
  readonly size: number;
  /** Tokens of each part. */
  readonly count: number;
  readonly attention: Attention;
  /** Whether its rows share kernels that round them differently than each by itself. */
  readonly shared: boolean;
  /** In the order of their slots. */
  readonly parts: readonly Part[];
  /** Position of each row's last token, [size]; in slots that are run along, one that nobody reads. */
  readonly ends: readonly number[];
}

/** What batches depend on, beside the rows. */
export interface Batching {
  /** Whether the layers give a row the same bits alone and among others: then who shares makes no difference. */
  readonly rowsAgree: boolean;
  /** Whether the layers run several tokens that attend by themselves as one batch. */
  readonly divisible: boolean;
  /** A position of a slot that nobody reads before it is written again, also in this step; undefined where there is none. */
  spare(slot: number): number | undefined;
}

type OpenBatch = { slot: number; count: number; attention: Attention; shared: boolean; parts: Part[]; ends: number[] };

/**
 * Cuts the rows of a step, or the `chosen` ones of them, into batches, in an order that keeps a row's tokens one behind another. Rows of one token of
 * neighbouring slots share a batch, because a KV cache of neighbouring slots is one contiguous tensor; others run by
 * themselves, since they fill the cores.
 */
export function batchRows(
  rows: readonly StepRow[],
  batching: Batching,
  chosen: (row: StepRow) => boolean = () => true,
): Batch[] {
  const batches: OpenBatch[] = [];
  for (const { row, offset } of bySlot(rows)) {
    if (!chosen(rows[row] as StepRow)) continue;
    const { slot, position, count, attention, shared: asked = false } = rows[row] as StepRow;
    const shared = asked && !batching.rowsAgree && attention === "single";
    let from = 0;
    for (const size of cut(count, attention, shared && !batching.divisible)) {
      const part = { row, from, offset: offset + from, position: position + from };
      const end = part.position + size - 1;
      // A row's later tokens stay behind its earlier ones.
      const last = size === 1 && from === 0 ? latest(batches, shared) : undefined;
      const filled = last === undefined ? undefined : fill(last, slot, batching);
      if (last !== undefined && filled !== undefined) {
        last.parts.push({ ...part, place: slot - last.slot });
        last.ends.push(...filled, end);
      } else {
        batches.push({ slot, count: size, attention, shared, parts: [{ ...part, place: 0 }], ends: [end] });
      }
      from += size;
    }
  }
  return batches.map((batch) => closed(batch.shared && batch.count === 1 ? accompanied(batch, batching) : batch));
}

/** The batch that a row of one token may join. */
function latest(batches: readonly OpenBatch[], shared: boolean): OpenBatch | undefined {
  return batches.findLast((batch) => batch.count === 1 && batch.shared === shared);
}

/** Where the rows between a batch and a slot are run, if that slot's row can join; nothing where it cannot. */
function fill({ slot, shared, ends }: OpenBatch, joining: number, batching: Batching): number[] | undefined {
  const next = slot + ends.length;
  const most = shared ? FILLED_SHARED : batching.rowsAgree ? FILLED : 0;
  if (joining < next || joining - next > most || joining - slot >= PASS_TOKENS) return undefined;
  const between = Array.from({ length: joining - next }, (_, index) => batching.spare(next + index));
  return between.every((position) => position !== undefined) ? between : undefined;
}

/** A batch of a single row with a row of no meaning beside it, in a slot before or behind; as it is where neither has room. */
function accompanied(batch: OpenBatch, { spare }: Batching): OpenBatch {
  const { slot, ends, parts } = batch;
  if (ends.length > 1) return batch;
  const behind = spare(slot + 1);
  if (behind !== undefined) return { ...batch, ends: [...ends, behind] };
  const before = spare(slot - 1);
  if (before === undefined) return batch;
  return { ...batch, slot: slot - 1, ends: [before, ...ends], parts: parts.map((part) => ({ ...part, place: 1 })) };
}

function closed(batch: OpenBatch): Batch {
  return { ...batch, size: batch.ends.length };
}

/** The rows in the order of their slots, and where their tokens begin. */
function bySlot(rows: readonly StepRow[]): { readonly row: number; readonly offset: number }[] {
  let offset = 0;
  const places = rows.map(({ count }, row) => {
    offset += count;
    return { row, offset: offset - count };
  });
  return places.sort((a, b) => slotOf(rows, a.row) - slotOf(rows, b.row));
}

function slotOf(rows: readonly StepRow[], index: number): number {
  return rows[index]?.slot ?? 0;
}

/** The tokens of a row, pass by pass; `apart` where those that attend by themselves run by themselves. */
function cut(count: number, attention: Attention, apart: boolean): number[] {
  switch (attention) {
    case "single": {
      const most = apart ? 1 : PASS_TOKENS;
      return Array.from({ length: Math.ceil(count / most) }, (_, index) => Math.min(most, count - index * most));
    }
    case "chunk":
      return cutChunks(count, PASS_TOKENS);
    default:
      return attention satisfies never;
  }
}
