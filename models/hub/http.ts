/** Reading from other machines: what goes wrong in a sentence, what may be tried again, and never a wait without end. */
import { errorText } from "../error-text.ts";

/** A model could not be had from elsewhere; the message says why and what to do. */
export class HubError extends Error {
  override readonly name = "HubError";
}

/** What may go better the next time, and when at the earliest. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  readonly afterMilliseconds: number | undefined;

  constructor(message: string, options: ErrorOptions & { afterMilliseconds?: number } = {}) {
    super(message, options);
    this.afterMilliseconds = options.afterMilliseconds;
  }
}

/** Tries without a byte more, before it is given up. */
const TRIES = 6;
const FIRST_PAUSE_MILLISECONDS = 500;
/** A server that asks for a longer pause is not waited for. */
const LONGEST_PAUSE_MILLISECONDS = 60_000;
/** A server that has said nothing for so long is taken for gone. */
export const SILENCE_MILLISECONDS = 30_000;

/** Throws what a refusal means: a HubError for what will stay so, a TransientError for the rest. */
export function refuse(status: number, what: string, headers: Headers, repoPage?: string): never {
  switch (status) {
    case 401:
    case 403: {
      const terms = repoPage === undefined ? "" : ` If it is gated, accept its terms at ${repoPage} first.`;
      throw new HubError(
        `${what} needs permission: set HF_TOKEN to an access token of the hub that may read it.${terms}`,
      );
    }
    case 404:
      throw new HubError(`There is no ${what}: check how it is written. Private ones are only seen with HF_TOKEN.`);
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504: {
      const after = secondsOf(headers.get("retry-after"));
      throw new TransientError(`${what}: the server answered ${status}`, {
        ...(after === undefined ? {} : { afterMilliseconds: after * 1000 }),
      });
    }
    default:
      throw new HubError(`${what} could not be had: the server answered ${status}.`);
  }
}

function secondsOf(header: string | null): number | undefined {
  const seconds = Number(header);
  return header !== null && seconds >= 0 && seconds < Infinity ? seconds : undefined;
}

export interface TryOptions {
  readonly signal: AbortSignal;
  /** Waits; tests need not. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Does `action` until it does not fail as a TransientError. It says how far it has come, such as the bytes that are there: as
 * long as that grows it is tried again. @throws {HubError} where it does not.
 */
export async function persist<T>(action: () => Promise<T>, progress: () => number, options: TryOptions): Promise<T> {
  let [reached, failures] = [progress(), 0];
  for (;;) {
    try {
      return await action();
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof TransientError)) throw error;
      failures = progress() > reached ? 1 : failures + 1;
      reached = progress();
      const pause = error.afterMilliseconds ?? FIRST_PAUSE_MILLISECONDS * 2 ** (failures - 1);
      if (failures >= TRIES || pause > LONGEST_PAUSE_MILLISECONDS) {
        throw new HubError(`${errorText(error)}. What has come is kept: the same command goes on from there.`, {
          cause: error,
        });
      }
      await options.pause(pause, options.signal);
    }
  }
}

/** Waits on the machine's own clock; rejects where `signal` is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
