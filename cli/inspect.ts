/** skein inspect: every device, its actors and its segments; or the stream of what happens. */
import process from "node:process";
import * as v from "valibot";
import { routes } from "../actors/gateway/api.ts";
import { call, findApi, lines, request } from "./api-client.ts";
import { CommandError, parseCommand } from "./command.ts";
import { describeLine } from "./events-output.ts";
import { describeInspection } from "./inspect-output.ts";

export const USAGE = `skein inspect [options]: show every device with its actors and segments.

  --api URL           the daemon to ask (default: the one on this machine)
  --follow            what happens in the mesh, a line each, until Ctrl-C; begins with the latest few of each device
  --types A,B         of these kinds only: plan, leader, peer, answer, segment, fetching, balance, warning, …; all for what
                      actors do with each message too (told, handled, frame, spawned, stopped, dropped)
  --device A,B        on these devices only
  --actor PATH        what this actor and those below it do, as /supervisor/executor-1
  --every TIME        how often what comes many times a second is told (default 250ms)
  --json              print JSON (with --follow: one line per event)
`;

/** Events of each device that are shown from before. */
const PAST = 5;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(args, {
    api: { type: "string" },
    follow: { type: "boolean", default: false },
    types: { type: "string" },
    device: { type: "string" },
    actor: { type: "string" },
    every: { type: "string" },
    json: { type: "boolean", default: false },
  }, USAGE);
  const { types, device, actor: path, every } = values;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ types, device, path, every })) {
    if (value !== undefined) query.set(name, value);
  }
  if (query.size > 0 && !values.follow) {
    throw new CommandError("--types, --device, --actor and --every choose what --follow shows.");
  }
  const api = await findApi(values.api);
  if (values.follow) return await follow(api, query, values.json);
  const inspection = await call(api, routes.inspect);
  process.stdout.write(values.json ? `${JSON.stringify(inspection)}\n` : describeInspection(inspection));
  return 0;
}

async function follow(api: string, query: URLSearchParams, json: boolean): Promise<number> {
  const leaving = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => leaving.abort());
  query.set("past", String(PAST));
  try {
    for await (const line of lines(await request(api, `${routes.events.path}?${query}`, { signal: leaving.signal }))) {
      if (line === "") continue;
      process.stdout.write(json ? `${line}\n` : `${describeLine(v.parse(routes.events.response, JSON.parse(line)))}\n`);
    }
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
  }
  return 0;
}
