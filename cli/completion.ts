/** skein completion: what a shell needs to complete commands and options. */
import process from "node:process";
import { CommandError } from "./command.ts";
import type { Commands } from "./commands.ts";
import { completionFor, isShell, optionsIn, SHELLS } from "./completion-script.ts";

const USAGE = `skein completion SHELL: print a script that completes commands and options. SHELL is ${
  SHELLS.join(", ")
}.

  bash   eval "$(skein completion bash)"             in ~/.bashrc
  zsh    eval "$(skein completion zsh)"              in ~/.zshrc, after compinit
  fish   skein completion fish | source              in ~/.config/fish/config.fish
`;

/** Prints the script for these commands. */
export async function run([shell, ...rest]: readonly string[], commands: Commands): Promise<number> {
  if (shell === "--help" || shell === "-h") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (shell === undefined || rest.length > 0 || !isShell(shell)) throw new CommandError(USAGE, 2);
  const loaded = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => {
      const { USAGE } = await load();
      return [name, optionsIn(USAGE)] as const;
    }),
  );
  process.stdout.write(completionFor(shell, { ...Object.fromEntries(loaded), completion: optionsIn(USAGE) }));
  return 0;
}
