/** skein logs: what the daemon of this machine has written down. */
import process from "node:process";
import { resolve } from "node:path";
import { defaultDataFolder, findDaemons, logFiles, logFolder } from "../runtime/host/mod.ts";
import { CommandError, numberOption, oneOf, parseCommand } from "./command.ts";
import { type Entry, LEVELS } from "./log/entry.ts";
import { describeEntry } from "./log/output.ts";
import { LogReader } from "./log/reading.ts";

export const USAGE = `skein logs [options]: what the daemon has written down, with times; also when it runs no more.

  -f, --follow        go on with what comes, until Ctrl-C
  --lines N           how many of the latest entries (default 100)
  --level LEVEL       only what is at least so grave: ${LEVELS.join(", ")} (default debug: all that was written;
                      skein up --log-level says what that is)
  --data-dir DIR      the daemon's data folder (default: of the daemon on this machine, else ${defaultDataFolder()})
  --json              one JSON line per entry: at, level, type, text
`;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(args, {
    follow: { type: "boolean", short: "f", default: false },
    lines: { type: "string", default: "100" },
    level: { type: "string", default: "debug" },
    "data-dir": { type: "string" },
    json: { type: "boolean", default: false },
  }, USAGE);
  const count = numberOption("lines", values.lines, { min: 0, max: 1e6, integer: true }) ?? 100;
  const level = oneOf("level", values.level, LEVELS);
  const dataDir = resolve(values["data-dir"] ?? (await findDaemons())[0]?.dataDir ?? defaultDataFolder());
  if (logFiles(dataDir).length === 0 && !values.follow) {
    throw new CommandError(`There is no log in ${logFolder(dataDir)}: no daemon has run on that data folder.`);
  }
  const color = process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined;
  const show = (entry: Entry): void => {
    const line = values.json
      ? JSON.stringify({ ...entry, at: new Date(entry.at).toISOString() })
      : describeEntry(entry, color);
    process.stdout.write(`${line}\n`);
  };
  await using reader = new LogReader(dataDir, level);
  for (const entry of await reader.latest(count)) show(entry);
  if (values.follow) { for await (const entry of reader.follow(untilLeft())) show(entry); }
  return 0;
}

/** Aborted by Ctrl-C, and when whoever reads the output has left. */
function untilLeft(): AbortSignal {
  const leaving = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => leaving.abort());
  process.stdout.on("error", () => leaving.abort());
  return leaving.signal;
}
