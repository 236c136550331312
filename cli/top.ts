/** skein top: the mesh, live. */
import process from "node:process";
import { findApi } from "./api-client.ts";
import { parseCommand } from "./command.ts";
import { summaryLine, summaryObject } from "./top/summary.ts";
import { isTerminal, showScreen } from "./top/screen.ts";
import { learn, nothingKnown } from "./top/state.ts";
import { looksOf } from "./top/terminal.ts";
import { machineTimes, watch } from "./top/watch.ts";

export const USAGE = `skein top [options]: watch the mesh: the path of a token, devices, answers, actors, what happens.

  --api URL           the daemon to ask (default: the one on this machine)
  --plain             a line a second, as where there is no terminal
  --json              an object a second: docs/top.md names its fields
  --ascii             draw with ASCII alone, as where the locale has no UTF-8 (colours: NO_COLOR=1 has none)
`;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(args, {
    api: { type: "string" },
    plain: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    ascii: { type: "boolean", default: false },
  }, USAGE);
  // Whoever names no daemon is told at once where there is none; one that is lost later is waited for.
  const api = await findApi(values.api);
  const leaving = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => leaving.abort());
  process.stdout.on("error", () => leaving.abort());
  if (values.plain || values.json || !isTerminal()) return await print(api, values, leaving.signal);
  const looks = looksOf(process.env, process.platform);
  const find = () => findApi(values.api);
  await showScreen({ api, find, looks: values.ascii ? { ...looks, unicode: false } : looks, signal: leaving.signal });
  return 0;
}

/** A line or an object for every look, until `signal` is aborted. */
async function print(
  api: string,
  { api: given, json }: { readonly api?: string | undefined; readonly json: boolean },
  signal: AbortSignal,
): Promise<number> {
  let known = nothingKnown(api, Date.now());
  await watch({
    find: () => findApi(given),
    signal,
    times: machineTimes,
    past: 0,
    onNews: (news) => {
      known = learn(known, news);
      if (news.type !== "looked" && news.type !== "lost") return;
      process.stdout.write(json ? `${JSON.stringify(summaryObject(known))}\n` : `${summaryLine(known)}\n`);
    },
  });
  return 0;
}
