/** A prompt from the words, files and standard input that a person gives. */
import { fstatSync } from "node:fs";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { CommandError } from "./command.ts";

/** What a prompt is put together from. */
export interface PromptParts {
  /** The words of the command line; "-" stands for standard input. */
  readonly words: readonly string[];
  /** Paths of files whose text goes behind the words. */
  readonly files: readonly string[];
}

/**
 * The prompt: words, then what standard input holds, then the files, with an empty line between them.
 * @throws {CommandError} where there is nothing, or a file cannot be read.
 */
export async function readPrompt({ words, files }: PromptParts): Promise<string> {
  const spoken = words.filter((word) => word !== "-").join(" ").trim();
  const input = words.includes("-") || isFed() ? await readStdin() : undefined;
  const texts = [spoken, input ?? "", ...await Promise.all(files.map(readText))];
  const parts = texts.map((text) => text.trimEnd()).filter((text) => text.trim() !== "");
  if (parts.length > 0) return parts.join("\n\n");
  const where = input === undefined ? "" : " Standard input was empty.";
  throw new CommandError(`There is no prompt.${where} Say what to answer: skein ask Why do geese fly in a V?`, 2);
}

/** Whether something is piped into standard input, or a file is. A terminal is not read, nor what a service has there. */
function isFed(): boolean {
  if (process.stdin.isTTY === true) return false;
  try {
    const stats = fstatSync(0);
    return stats.isFIFO() || stats.isFile();
  } catch {
    // Windows does not tell, and a closed one has nothing.
    return process.platform === "win32";
  }
}

async function readStdin(): Promise<string> {
  const reminder = setTimeout(() => process.stderr.write("reading standard input to its end…\n"), 1000);
  try {
    let text = "";
    process.stdin.setEncoding("utf8");
    for await (const chunk of process.stdin) text += chunk;
    return text;
  } finally {
    clearTimeout(reminder);
  }
}

/** The text of a file. @throws {CommandError} */
export async function readText(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new CommandError(`The file ${path} cannot be read: ${why}.`);
  });
  if (text.includes("\0")) throw new CommandError(`The file ${path} is not text.`);
  return text;
}
