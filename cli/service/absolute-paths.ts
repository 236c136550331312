/** A service is not started where it was installed from. */
import { resolve } from "node:path";
import { hubUrl, parseModelReference } from "../../models/hub/mod.ts";

/** The arguments of `skein up` with paths made absolute, as seen from `folder`. */
export function absolutePaths(args: readonly string[], folder: string): string[] {
  return args.map((arg, index) => {
    const [, option, value] = arg.match(/^(--model|--data-dir)=(.*)$/) ?? [];
    if (option !== undefined && value !== undefined) return `${option}=${absolute(option, value, folder)}`;
    const before = args[index - 1];
    return before === "--model" || before === "--data-dir" ? absolute(before, arg, folder) : arg;
  });
}

function absolute(option: string, value: string, folder: string): string {
  const isPath = option === "--data-dir" ||
    (value !== "builtin" && parseModelReference(value, hubUrl()).type === "path");
  return isPath ? resolve(folder, value) : value;
}
