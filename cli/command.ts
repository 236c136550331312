/** What commands share: options, errors, sizes. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import process from "node:process";
import { parseBytes } from "../plans/mod.ts";
import { errorText } from "../runtime/error-text.ts";

/** A command cannot do what it was asked to; the message says why and what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/**
 * Parses a command's arguments. Prints `usage` and ends the process for --help.
 * @throws {CommandError} with exit code 2 for what the command does not know.
 */
export function parseCommand<O extends Options>(args: readonly string[], options: O, usage: string, positionals = 0) {
  try {
    const all = { ...options, help: { type: "boolean", short: "h" } } as const;
    const parsed = parseArgs({ args: [...args], options: all, allowPositionals: positionals > 0, strict: true });
    if ((parsed.values as { help?: boolean }).help === true) {
      process.stdout.write(usage);
      process.exit(0);
    }
    if (parsed.positionals.length > positionals) {
      throw new TypeError(
        `Too many arguments: ${parsed.positionals.slice(positionals).join(" ")}. Quote a prompt with spaces`,
      );
    }
    return parsed as ReturnType<typeof parseArgs<{ args: string[]; options: O; allowPositionals: true; strict: true }>>;
  } catch (error) {
    const reason = errorText(error);
    throw new CommandError(`${reason}.\n\n${usage}`, 2);
  }
}

/** Reads a number option. @throws {CommandError} naming the option, what was given and what is allowed. */
export function numberOption(
  name: string,
  text: string | undefined,
  range: { min?: number; max?: number; integer?: boolean } = {},
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const { min = -Infinity, max = Infinity, integer = false } = range;
  if (
    text.trim() === "" || !Number.isFinite(value) || value < min || value > max || (integer && !Number.isInteger(value))
  ) {
    const limits = [
      integer ? "a whole number" : "a number",
      min > -Infinity && `from ${min}`,
      max < Infinity && `to ${max}`,
    ];
    throw new CommandError(`--${name} is ${JSON.stringify(text)}; it must be ${limits.filter(Boolean).join(" ")}.`, 2);
  }
  return value;
}

/** Reads a size, whole bytes: see `parseBytes`. @throws {CommandError} */
export function bytesOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const bytes = parseBytes(text);
  if (bytes === undefined) {
    throw new CommandError(`--${name} is ${JSON.stringify(text)}; write a size like 2GiB or 512MB.`, 2);
  }
  return Math.floor(bytes);
}

/** Reads an option that is one of a few words. @throws {CommandError} naming the option, what was given and the words. */
export function oneOf<const Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new CommandError(`--${name} is ${JSON.stringify(text)}; it must be one of ${words.join(", ")}.`, 2);
}
