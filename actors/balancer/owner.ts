/**
 * Whether a device's owner needs it. Pure: a state and a reading give a state and what has changed. What is given up comes
 * back only after a calm minute, and only if there would be enough left then: else it would go to and fro.
 */

/** Part of the memory that is to stay free, within bounds. */
const FLOOR_PART = 0.05;
const MIN_FLOOR_BYTES = 128 * 2 ** 20;
const MAX_FLOOR_BYTES = 2 ** 30;
/** Part of the time in which somebody waited for memory: above it the machine is thrashing. */
const STALLED = 0.2;
const FLOWING = 0.05;
/** Part of the processor's time that other programs take: from here on they need it, and to there they are done. */
const BUSY = 0.6;
const FREE = 0.3;
/** Readings in a row before the device yields, and before it takes back. One comes every five seconds. */
const PATIENCE = 3;
const CALM = 12;
/** Part of what models take here that is given up where programs wait for memory though some is free. */
const RELIEF_PART = 0.25;

/** How many times slower a device counts while its owner needs the processor: what can go elsewhere goes. */
export const YIELDING_SLOWDOWN = 3;

/** What a machine tells. */
export interface OwnerReading {
  readonly totalBytes: number;
  readonly availableBytes: number;
  /** That models take here. */
  readonly heldBytes: number;
  /** Part of the time, 0 to 1, in which programs waited for memory; absent where the system does not tell. */
  readonly memoryStalls?: number | undefined;
  /** Part of the processor's time, 0 to 1, that other programs took; absent where the system does not tell. */
  readonly othersBusy?: number | undefined;
}

/** What the device gives up for its owner, and how long it has looked otherwise. */
export interface OwnerState {
  /** Most bytes that models may take here; absent for what is free. */
  readonly mostBytes: number | undefined;
  /** Bytes that were given up for it. */
  readonly givenBytes: number;
  readonly yieldsProcessor: boolean;
  /** Readings in a row that speak for a change. */
  readonly memoryReadings: number;
  readonly processorReadings: number;
}

export type OwnerChange = "needs-memory" | "needs-processor" | "done-memory" | "done-processor";

/** The owner needs nothing. */
export const undisturbed: OwnerState = {
  mostBytes: undefined,
  givenBytes: 0,
  yieldsProcessor: false,
  memoryReadings: 0,
  processorReadings: 0,
};

/** Takes a reading. */
export function lookAtOwner(
  state: OwnerState,
  reading: OwnerReading,
): { readonly state: OwnerState; readonly changes: readonly OwnerChange[] } {
  const memory = lookAtMemory(state, reading);
  const processor = lookAtProcessor(state, reading.othersBusy);
  return {
    state: { ...state, ...memory.state, ...processor.state },
    changes: [memory.change, processor.change].filter((change) => change !== undefined),
  };
}

/** Bytes that are to stay free. */
export function floorOf(totalBytes: number): number {
  return Math.min(MAX_FLOOR_BYTES, Math.max(MIN_FLOOR_BYTES, totalBytes * FLOOR_PART));
}

type Look<S> = { readonly state: S; readonly change: OwnerChange | undefined };

function lookAtMemory(
  state: OwnerState,
  { totalBytes, availableBytes, heldBytes, memoryStalls = 0 }: OwnerReading,
): Look<Pick<OwnerState, "mostBytes" | "givenBytes" | "memoryReadings">> {
  const { mostBytes, givenBytes } = state;
  const floor = floorOf(totalBytes);
  const stay = (memoryReadings: number) => ({ state: { mostBytes, givenBytes, memoryReadings }, change: undefined });
  const readings = state.memoryReadings + 1;
  const pressed = availableBytes < floor || memoryStalls >= STALLED;
  if (pressed) {
    // What has been promised and is not gone yet comes first.
    const left = Math.min(heldBytes, mostBytes ?? heldBytes);
    if (left === 0 || heldBytes > left) return stay(0);
    if (readings < PATIENCE) return stay(readings);
    const given = Math.min(left, Math.max(2 * floor - availableBytes, left * RELIEF_PART));
    return {
      state: { mostBytes: left - given, givenBytes: givenBytes + given, memoryReadings: 0 },
      change: "needs-memory",
    };
  }
  const calm = mostBytes !== undefined && availableBytes - givenBytes >= 2 * floor && memoryStalls <= FLOWING;
  if (!calm) return stay(0);
  if (readings < CALM) return stay(readings);
  return { state: { mostBytes: undefined, givenBytes: 0, memoryReadings: 0 }, change: "done-memory" };
}

function lookAtProcessor(
  { yieldsProcessor, processorReadings }: OwnerState,
  othersBusy: number | undefined,
): Look<Pick<OwnerState, "yieldsProcessor" | "processorReadings">> {
  const other = othersBusy !== undefined && (yieldsProcessor ? othersBusy <= FREE : othersBusy >= BUSY);
  if (!other) return { state: { yieldsProcessor, processorReadings: 0 }, change: undefined };
  const readings = processorReadings + 1;
  if (readings < (yieldsProcessor ? CALM : PATIENCE)) {
    return { state: { yieldsProcessor, processorReadings: readings }, change: undefined };
  }
  return {
    state: { yieldsProcessor: !yieldsProcessor, processorReadings: 0 },
    change: yieldsProcessor ? "done-processor" : "needs-processor",
  };
}
