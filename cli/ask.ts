/** skein ask: one prompt, its completion on stdout as it arrives, and nothing else there. */
import process from "node:process";
import { askFor, cutShort } from "./answer-request.ts";
import { summaryOf } from "./answer-stream.ts";
import { findApi } from "./api-client.ts";
import { CommandError, parseCommand } from "./command.ts";
import { readPrompt } from "./prompt-input.ts";
import { describeLevel, readSlo, SLO_USAGE, sloBody } from "./slo-option.ts";
import { SAMPLING_OPTIONS, SAMPLING_USAGE, samplingOf } from "./sampling-options.ts";

export const USAGE =
  `skein ask [options] PROMPT…: print the answer on stdout as it arrives; how fast it was goes to stderr.
What is piped in, or stands in a file, goes behind the words: cat main.ts | skein ask Find the bug

  --file PATH, -f     add the text of this file; may be given again
  --system TEXT       tell the model how to answer
  --api URL           the daemon to ask (default: the one on this machine)
${SAMPLING_USAGE}${SLO_USAGE}  --raw               continue the prompt as it is, without the model's chat template
  --json              print one JSON object with text, timings and route instead
`;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const body = await requestOf(values, positionals);
  const api = await findApi(values.api);
  const leaving = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => leaving.abort());
  try {
    const onText = (text: string) => void (values.json || process.stdout.write(text));
    const answer = await askFor({ api, body, signal: leaving.signal, onText });
    if (values.json) process.stdout.write(`${JSON.stringify(answer)}\n`);
    else {
      process.stdout.write("\n");
      const short = cutShort(answer, body.max_tokens);
      const lines = [short, summaryOf(answer.details), describeLevel(answer.details)];
      process.stderr.write(lines.map((line) => line === undefined ? "" : `${line}\n`).join(""));
    }
    return 0;
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    process.stderr.write("\ncancelled\n");
    return 130;
  }
}

function parse(args: readonly string[]) {
  const options = {
    api: { type: "string" },
    file: { type: "string", short: "f", multiple: true },
    system: { type: "string" },
    ...SAMPLING_OPTIONS,
    slo: { type: "string" },
    raw: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  } as const;
  return parseCommand(args, options, USAGE, Infinity);
}

/** The request's body. @throws {CommandError} for a prompt that is not there, or options that make no sense. */
async function requestOf(values: ReturnType<typeof parse>["values"], words: readonly string[]) {
  const { raw, system, file: files = [] } = values;
  if (raw && system !== undefined) throw new CommandError("--raw sends the prompt as it is: --system has no place.", 2);
  const wishes = { ...samplingOf(values), ...sloBody(readSlo(values.slo)) };
  const prompt = await readPrompt({ words, files });
  if (raw) return { prompt, ...wishes };
  const instructions = system === undefined ? [] : [{ role: "system", content: system }];
  return { messages: [...instructions, { role: "user", content: prompt }], ...wishes };
}
