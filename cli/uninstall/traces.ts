/** What people wrote into files of their own to use Skein: it is for them to remove. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

const STARTUP_FILES = [".bashrc", ".bash_profile", ".profile", ".zshrc", ".config/fish/config.fish"];

/** Lines of the shells' startup files that ask for completions: "FILE:LINE". */
export async function completionLines(home: string = homedir()): Promise<string[]> {
  const found = await Promise.all(STARTUP_FILES.map(async (name) => {
    const text = await readFile(join(home, name), "utf8").catch(() => "");
    return text.split("\n").flatMap((line, at) => {
      return /^[^#]*\bskein completion\b/.test(line) ? [`${join(home, name)}:${at + 1}`] : [];
    });
  }));
  return found.flat();
}
