/** What an executor is made of and what it keeps. */
import type { ComputeSegment } from "../../models/compute/mod.ts";
import type { Context, Ref } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Enter, Open, SegmentMessage } from "../pipeline.ts";
import type { HeirMessage } from "./heir.ts";
import type { Copied, ToMirror } from "./mirror-protocol.ts";
import { type Kept, Orphans } from "./orphans.ts";
import type { ExecutorMessage } from "./protocol.ts";
import { type Line, type QueuedRow, type StepPolicy, StepQueue, takeTurns } from "./queue.ts";
import { stepLanes } from "./lanes.ts";
import { LevelMix } from "./level-mix.ts";
import { Recent } from "./recent.ts";
import { Sequences } from "./sequences.ts";
import { Spans } from "./spans.ts";
import { WaitingLine } from "./waiting.ts";

/** How long a step took. */
export interface StepTimes {
  readonly rows: number;
  /** Of all rows. */
  readonly tokens: number;
  readonly blockMilliseconds: readonly number[];
  /** From the request to the result: the blocks, and messages to the compute worker and back. */
  readonly stepMilliseconds: number;
  /** How long each row had waited when it began; of a piece of a prompt, since the message with the whole of it came. */
  readonly queueMilliseconds: readonly number[];
  /** When it ended, on the executor's clock. */
  readonly at: number;
  /** The number of each row's sequence. */
  readonly sequences: readonly number[];
  /** Slices of an elastic model's layers that each row ran; undefined: all. Default: all did. */
  readonly levels?: readonly (number | undefined)[];
}

/** What an executor is made of. */
export interface ExecutorOptions {
  /** The loaded blocks; the executor closes them when it stops. */
  readonly segment: ComputeSegment;
  readonly clock: Clock;
  /** Hears of each step that went well. */
  readonly onStep: (step: StepTimes) => void;
  /** Elements of a hidden state. */
  readonly width: number;
  readonly vocabulary: number;
  readonly context: number;
  /** Places in the caches, of open sequences and of what is kept. */
  readonly slots: number;
  /** Sequences that are open at once, at most. Default: as many as there are slots. */
  readonly concurrency?: number;
  /** Tokens that the caches may hold of all sequences; a whole context at least. Default: that of every slot. */
  readonly cacheTokens?: number;
  /** Whether caches of sequences that are over are kept for prompts that begin like them. Default: true. */
  readonly prefixes?: boolean;
  /** Levels that the model has, see `models/elastic.ts`. Default: 1, all of it. */
  readonly levels?: number;
  /** Bytes of one position in all of its caches. */
  readonly positionBytes: number;
  /** Whether the segment starts with the embedding: then it gives slots. */
  readonly embeds: boolean;
  /** Whether the segment ends with the head. */
  readonly samples: boolean;
  /** Devices of the first segments of the model's plans in force: conversations live there. Default: any may. */
  readonly entrances?: () => readonly string[];
  /** What runs next. Default: lanes where sequences begin, and behind what comes, as it comes. */
  readonly policy?: StepPolicy;
}

export type ExecutorContext = Context<ExecutorMessage>;

/** A piece under way. */
interface Flight {
  readonly copy: number;
  /** When it was begun, on the clock. */
  readonly since: number;
  /** Whether what is left of batches is to follow. */
  readonly all: boolean;
}

/** Where a segment's caches are mirrored, and how far. */
export interface Mirroring {
  readonly to: Ref<ToMirror>;
  /** Positions that the mirror holds, by sequence. */
  readonly known: Map<number, number>;
  flight: Flight | undefined;
  /** Pieces so far. */
  copies: number;
  /** Whether a `mirror-due` is on its way. */
  waiting: boolean;
}

/** Whose caches are kept here. */
export interface Following {
  readonly source: Ref<Copied>;
  /** Its open sequences, by their numbers. */
  readonly copies: Map<number, Kept>;
}

/** What is to be read again, see `rereading.ts`. */
export interface Rereading {
  readonly ids: Int32Array;
  /** The segments behind the first one. */
  readonly route: readonly Ref<SegmentMessage>[];
  /** At which level of the model, for prompts at the same one; absent: all of it. */
  readonly level: number | undefined;
}

/** An executor's state, with what its functions work on. */
export interface ExecutorState {
  readonly options: ExecutorOptions;
  readonly context: ExecutorContext;
  readonly sequences: Sequences;
  /** What sequences have left in the caches. */
  readonly orphans: Orphans;
  /** Slots that have been written since their memory was given back. */
  readonly written: Set<number>;
  /** Who waits for a place; at the first segment only. */
  readonly waiting: WaitingLine;
  /** What is to be read again when nothing else has to run, and how often that has been done. */
  readonly rereadings: Rereading[];
  readings: number;
  /** How long sequences have their places, in milliseconds; the latest count most. Undefined until one has ended. */
  stay: number | undefined;
  /** Sequences that were seated here so far. */
  seated: number;
  /** When several were last under way at once, on the executor's clock. */
  togetherAt: number;
  /** Where the caches are mirrored, if anywhere. */
  mirroring: Mirroring | undefined;
  /** Whose caches are mirrored here, if anybody's: then nothing runs here. */
  following: Following | undefined;
  /** Devices of the next plan's segments that may have what the caches hold. */
  heirs: ReadonlySet<string>;
  /** Who brings the caches of the plan in force here, and what waits for the last of them. Absent once nothing more comes. */
  inheriting: { readonly heir: Ref<HeirMessage>; deferred: (Enter | Open)[] } | undefined;
  readonly queue: StepQueue;
  readonly recent: Recent;
  /** At which levels sequences were seated here lately; of an elastic model's first segment only. */
  readonly mix: LevelMix;
  /** What became of rows lately. */
  readonly spans: Spans;
  /** Messages with rows that have come. */
  forwards: number;
  /** Whether a `step-due` is on its way. */
  readonly alarm: { at: number | undefined };
  /** The step under way, and when it began on the clock. */
  step: { readonly line: Line; readonly rows: readonly QueuedRow[]; readonly began: number } | undefined;
  /** Steps that have ended well. */
  steps: number;
  /** Guessed tokens that were drawn, and that were not, since it was started; at the head only. */
  readonly guesses: { accepted: number; rejected: number };
}

export function emptyState(options: ExecutorOptions, context: ExecutorContext): ExecutorState {
  return {
    options,
    context,
    sequences: new Sequences(options.slots),
    orphans: new Orphans(options.prefixes ?? true),
    written: new Set(),
    waiting: new WaitingLine(),
    rereadings: [],
    readings: 0,
    stay: undefined,
    seated: 0,
    togetherAt: -Infinity,
    mirroring: undefined,
    following: undefined,
    heirs: new Set(),
    inheriting: undefined,
    queue: new StepQueue(options.policy ?? (options.embeds ? stepLanes : takeTurns)),
    recent: new Recent(options.clock.now()),
    mix: new LevelMix(),
    spans: new Spans(),
    forwards: 0,
    alarm: { at: undefined },
    step: undefined,
    steps: 0,
    guesses: { accepted: 0, rejected: 0 },
  };
}
