/** Where `skein up --join` finds its invite: standard input, a file, or the command line itself. */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { decodeInvite, type Invite } from "../runtime/mesh/mod.ts";
import { CommandError } from "./command.ts";

/** Longer input is no invite, whatever follows. */
const MAX_INPUT = 8 * 1024;
/** How long a person, or the program in front of a pipe, may take for it. */
const INPUT_MILLISECONDS = 300_000;

/** Text that arrives in pieces, and whether a person types it. */
export interface Input extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean;
}

/**
 * Reads the invite that `--join` names: "-" for standard input, an invite, or a file that has one.
 * @throws {CommandError} where there is none, and an InviteError where it is damaged.
 */
export async function readInvite(join: string, input: Input = process.stdin): Promise<Invite> {
  if (join === "-") return decodeInvite(await readInput(input));
  if (/^\s*skein\d+-/i.test(join)) return decodeInvite(join);
  const text = await readFile(join, "utf8").catch((error) => {
    throw new CommandError(
      `--join ${JSON.stringify(join.slice(0, 80))} is neither an invite nor a file that can be read (${error.code}). ` +
        "Ask a member of the mesh for an invite (skein invite), then: skein up --join -",
    );
  });
  return decodeInvite(text);
}

/** Reads up to the end, or to the end of the line that a person types. */
async function readInput(input: Input): Promise<string> {
  if (input.isTTY === true) process.stderr.write("Paste the invite, then press Enter: ");
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new CommandError(`No invite came in ${INPUT_MILLISECONDS / 60_000} minutes.`)),
    INPUT_MILLISECONDS,
  );
  try {
    return await Promise.race([readText(input), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function readText(input: Input): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of input) {
    text += typeof piece === "string" ? piece : decoder.decode(piece, { stream: true });
    if (text.length > MAX_INPUT || (input.isTTY === true && /\S\s*[\r\n]/.test(text))) break;
  }
  if (text.trim() === "") throw new CommandError("--join - found no invite on standard input.");
  return text;
}
