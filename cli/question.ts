/** Asks a person on the terminal before something is lost. */
import process from "node:process";
import { createInterface } from "node:readline/promises";
import { CommandError } from "./command.ts";

/** Goes on where the answer is yes. @throws {CommandError} where it is not, or nobody can be asked; `yes` is the option's name */
export async function askToGoOn(question: string, yes = "--yes"): Promise<void> {
  if (process.stdin.isTTY !== true) {
    throw new CommandError(`Nothing was done: nobody can be asked here. To go on without a question, add ${yes}.`, 2);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and Ctrl-D are a no.
  const given = new AbortController();
  terminal.once("close", () => given.abort());
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: given.signal }).catch(() => "");
    if (!/^\s*y(es)?\s*$/i.test(answer)) throw new CommandError("Nothing was done.", 130);
  } finally {
    terminal.close();
  }
}
