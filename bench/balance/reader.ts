/** Somebody who reads one answer after another, and when each token came. */
import { promptOf } from "../decode/contestant.ts";

/** Arguments of the daemons: guesses that come true arrive together, and their times tell nothing. */
export const TOKEN_BY_TOKEN: readonly string[] = ["--speculation", "off"];

/** Tokens of an answer. */
const ANSWER = 256;

/** Reads until `signal` is aborted; times on `performance.now()`, in milliseconds, are added to `arrivals` as they come. */
export async function readOn(
  api: string,
  arrivals: number[][],
  signal: AbortSignal,
): Promise<void> {
  for (let which = 0; !signal.aborted; which++) {
    const times: number[] = [];
    arrivals.push(times);
    await readOne(api, which, times, signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
  }
}

async function readOne(
  api: string,
  which: number,
  times: number[],
  signal: AbortSignal,
): Promise<void> {
  const body = {
    prompt: promptOf(16, which),
    max_tokens: ANSWER,
    temperature: 0,
    stream: true,
  };
  const response = await fetch(`${api}/v1/completions`, {
    method: "POST",
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok) throw new Error(await response.text());
  let rest = "";
  for await (
    const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []
  ) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.includes('"error"')) throw new Error(line);
      if (line.includes('"finish_reason":null')) times.push(performance.now());
    }
  }
}

/** Tokens a second that came between two times. */
export function rateBetween(
  arrivals: readonly (readonly number[])[],
  from: number,
  to: number,
): number {
  return arrivals.flat().filter((time) => time >= from && time < to).length /
    (to - from) * 1000;
}

/** Times from token to token within answers, of tokens that came between two times. */
export function gapsBetween(
  arrivals: readonly (readonly number[])[],
  from: number,
  to: number,
): number[] {
  return arrivals.flatMap((times) =>
    times.flatMap((time, index) => {
      const before = times[index - 1];
      return before === undefined || time < from || time >= to ? [] : [time - before];
    })
  );
}
