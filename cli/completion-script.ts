/** Scripts by which shells complete a command line of Skein. Pure. */

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export function isShell(text: string): text is Shell {
  return SHELLS.some((shell) => shell === text);
}

/** The long options that a usage text names at the beginning of its lines, in order. */
export function optionsIn(usage: string): string[] {
  return [
    ...new Set([...usage.matchAll(/^ {2}(--[a-z][a-z-]*)/gm)].map(([, option]) => option ?? "").concat("--help")),
  ];
}

/** The script for a shell. Where no option is begun, files are completed. */
export function completionFor(shell: Shell, options: Readonly<Record<string, readonly string[]>>): string {
  const names = Object.keys(options).join(" ");
  const cases = Object.entries(options).map(([name, own]) => [name, own.join(" ")] as const);
  switch (shell) {
    case "bash":
      return `_skein() {
  local word="\${COMP_WORDS[COMP_CWORD]}" options=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.map(([name, own]) => `    ${name}) options="${own}" ;;`).join("\n")}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _skein skein
`;
    case "zsh":
      return `_skein() {
  local -a options
  if (( CURRENT == 2 )); then
    compadd -- ${names}
    return
  fi
  case "$words[2]" in
${cases.map(([name, own]) => `    ${name}) options=(${own}) ;;`).join("\n")}
  esac
  if [[ "$PREFIX" == -* ]]; then compadd -- $options; else _files; fi
}
compdef _skein skein
`;
    case "fish":
      return `complete -c skein -n __fish_use_subcommand -f -a "${names}"
${
        cases.flatMap(([name, own]) =>
          own.split(" ").map((option) =>
            `complete -c skein -n "__fish_seen_subcommand_from ${name}" -l ${option.slice("--".length)}`
          )
        ).join("\n")
      }
`;
    default:
      return shell satisfies never;
  }
}
