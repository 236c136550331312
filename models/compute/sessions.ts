/** ONNX Runtime sessions, one a block, shared by the segments that hold the block. */
import "./no-telemetry.ts";
import { InferenceSession } from "onnxruntime-node";

/** A session and how to give it back. */
export interface SessionLease {
  readonly session: InferenceSession;
  release(): Promise<void>;
}

/** Loads each block once and lets it go with its last user. */
export class Sessions {
  readonly #threads: number;
  readonly #held = new Map<string, { users: number; readonly session: Promise<InferenceSession> }>();

  constructor(threads: number) {
    this.#threads = threads;
  }

  async lease(sha256: string, path: string): Promise<SessionLease> {
    const entry = this.#held.get(sha256) ?? { users: 0, session: InferenceSession.create(path, this.#options()) };
    this.#held.set(sha256, entry);
    entry.users++;
    const release = async (): Promise<void> => {
      if (--entry.users > 0) return;
      this.#held.delete(sha256);
      await (await entry.session).release();
    };
    try {
      return { session: await entry.session, release };
    } catch (error) {
      this.#held.delete(sha256);
      throw error;
    }
  }

  #options(): InferenceSession.SessionOptions {
    return {
      intraOpNumThreads: this.#threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      // Memory is counted by the planner: no arena that keeps what one long prefill needed.
      enableCpuMemArena: false,
      enableMemPattern: false,
      logSeverityLevel: 3,
      // With a session a block, threads that spin between two runs steal the time of the next block: 8 times slower.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    };
  }
}
