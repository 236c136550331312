/** skein ask: one prompt, its completion on stdout as it arrives, and nothing else there. */
import process from "node:process";
import { readAnswer, summaryOf } from "./answer-stream.ts";
import { findApi, lines, request } from "./api-client.ts";
import { CommandError, numberOption, parseCommand } from "./command.ts";

const USAGE = `skein ask [options] "PROMPT": print the answer on stdout as it arrives; how fast it was goes to stderr.
PROMPT may be -, or left out: then it is read from standard input.

  --api URL           the daemon to ask (default: the one on this machine)
  --max-tokens N      most tokens of the answer (default 256)
  --temperature T     0 always takes the most likely token (default 0.8)
  --top-k K           draw from the K most likely tokens only (default 40; 0 for all)
  --top-p P           draw from the most likely tokens that together have probability P (default 0.95)
  --min-p P           draw from tokens at least P times as likely as the most likely one (default 0.05)
  --seed S            the same seed gives the same answer (default: a new one each time)
  --raw               continue the prompt as it is, without the model's chat template
  --json              print one JSON object with text, timings and route instead
`;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const prompt = positionals[0] === "-" || (positionals.length === 0 && process.stdin.isTTY !== true)
    ? await readStdin()
    : positionals[0];
  if (prompt === undefined) throw new CommandError(`There is no prompt.\n\n${USAGE}`, 2);
  const body = JSON.stringify(requestOf(values, prompt));
  const api = await findApi(values.api);
  const leaving = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => leaving.abort());
  try {
    const response = await request(api, values.raw ? "/v1/completions" : "/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal: leaving.signal,
    });
    const answer = await readAnswer(lines(response), (text) => values.json || process.stdout.write(text));
    if (values.json) process.stdout.write(`${JSON.stringify(answer)}\n`);
    else {
      process.stdout.write("\n");
      process.stderr.write(`${summaryOf(answer.details)}\n`);
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
    "max-tokens": { type: "string", default: "256" },
    temperature: { type: "string", default: "0.8" },
    "top-k": { type: "string", default: "40" },
    "top-p": { type: "string", default: "0.95" },
    "min-p": { type: "string", default: "0.05" },
    seed: { type: "string" },
    raw: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  } as const;
  return parseCommand(args, options, USAGE, 1);
}

/** The request's body. @throws {CommandError} for what is no number, or out of range. */
function requestOf(values: ReturnType<typeof parse>["values"], prompt: string): object {
  return {
    ...(values.raw ? { prompt } : { messages: [{ role: "user", content: prompt }] }),
    stream: true,
    max_tokens: numberOption("max-tokens", values["max-tokens"], { min: 1, integer: true }),
    temperature: numberOption("temperature", values.temperature, { min: 0, max: 100 }),
    top_k: numberOption("top-k", values["top-k"], { min: 0, integer: true }),
    top_p: numberOption("top-p", values["top-p"], { min: 0, max: 1 }),
    min_p: numberOption("min-p", values["min-p"], { min: 0, max: 1 }),
    seed: numberOption("seed", values.seed, { integer: true }),
  };
}

async function readStdin(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  return text;
}
