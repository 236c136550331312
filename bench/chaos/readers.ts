/** Readers: they ask, read to the end, compare with what they should have got, and ask again. */
import { readStream, type StreamRead } from "../../tests/e2e/read-stream.ts";
import type { Log } from "./log.ts";
import type { Chance } from "./random.ts";
import type { Field } from "./strike.ts";
import { type Answer, judge, type Verdict } from "./verdict.ts";

/** Nothing for so long is hung: a daemon itself gives up after a minute. */
const HUNG_MILLISECONDS = 90_000;

/** What is asked, again and again. */
export interface Question {
  readonly name: string;
  readonly greedy: boolean;
  readonly request: object;
  /** What an undisturbed reader gets. */
  readonly reference: Answer;
}

/** An answer that was read. */
export interface ReadAnswer {
  readonly stream: number;
  readonly device: number;
  readonly question: Question;
  readonly read: StreamRead;
  readonly verdict: Verdict;
  /** Whether the daemon that was asked itself ended: nobody could have gone on. */
  readonly excluded: boolean;
}

/** Asks one question and reads the answer. */
export async function ask(
  field: Field,
  device: number,
  request: object,
): Promise<{ read: StreamRead; hung: boolean }> {
  const gone = new AbortController();
  let timer = setTimeout(() => gone.abort(), HUNG_MILLISECONDS);
  const onPiece = () => {
    clearTimeout(timer);
    timer = setTimeout(() => gone.abort(), HUNG_MILLISECONDS);
  };
  const read = await readStream(field.mesh.api(device), request, {
    onPiece,
    signal: gone.signal,
  });
  clearTimeout(timer);
  return { read, hung: gone.signal.aborted };
}

/** Reads until `until` is aborted; what is under way then is read to its end. */
export async function readOn(
  field: Field,
  questions: readonly Question[],
  { by, log, until, number }: {
    readonly by: Chance;
    readonly log: Log;
    readonly until: AbortSignal;
    /** Numbers streams. */
    readonly number: () => number;
  },
): Promise<ReadAnswer[]> {
  const answers: ReadAnswer[] = [];
  while (!until.aborted) {
    const [device, question, stream] = [
      by.of(field.readable),
      by.of(questions),
      number(),
    ];
    const daemon = field.mesh.daemons[device];
    const { read, hung } = await ask(field, device, question.request);
    const verdict = judge(question.reference, read, hung);
    // Its process is another one or none: it was ended while this was read.
    const ended = field.mesh.daemons[device] !== daemon ||
      field.hasEnded(device);
    const excluded = verdict !== "identical" && ended;
    answers.push({ stream, device, question, read, verdict, excluded });
    log.note(
      "driver",
      noteOf({ stream, device, question, read, verdict, excluded }),
    );
  }
  return answers;
}

function noteOf(
  { stream, device, question, read, verdict, excluded }: ReadAnswer,
): object {
  const { times, tokens, conversations, error } = read;
  const [began = 0] = times;
  let [longest, from] = [0, began];
  for (let at = 1; at < times.length; at++) {
    const gap = (times[at] ?? 0) - (times[at - 1] ?? 0);
    if (gap > longest) [longest, from] = [gap, times[at - 1] ?? 0];
  }
  return {
    type: "read",
    stream,
    asked: `d${device}`,
    question: question.name,
    verdict,
    excluded,
    tokens,
    conversations,
    ...error === undefined ? {} : { error },
    tookMilliseconds: Math.round((times.at(-1) ?? 0) - began),
    longestGapMilliseconds: Math.round(longest),
    gapBeganMillisecondsAfterAsking: Math.round(from - began),
    ...verdict === "identical" || verdict === "error" ? {} : { got: read.text, expected: question.reference.text },
  };
}
