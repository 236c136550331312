/** skein inspect: every device, its actors and its segments; or the stream of what happens. */
import process from "node:process";
import * as v from "valibot";
import { routes } from "../actors/gateway/api.ts";
import { call, findApi, lines, request } from "./api-client.ts";
import { parseCommand } from "./command.ts";
import { describeEvent, describeInspection } from "./inspect-output.ts";

export const USAGE = `skein inspect [options]: show every device with its actors and segments.

  --api URL           the daemon to ask (default: the one on this machine)
  --follow            stream what happens on that device until Ctrl-C
  --json              print JSON (with --follow: one line per event)
`;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(args, {
    api: { type: "string" },
    follow: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  }, USAGE);
  const api = await findApi(values.api);
  if (values.follow) return await follow(api, values.json);
  const inspection = await call(api, routes.inspect);
  process.stdout.write(values.json ? `${JSON.stringify(inspection)}\n` : describeInspection(inspection));
  return 0;
}

async function follow(api: string, json: boolean): Promise<number> {
  const leaving = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => leaving.abort());
  try {
    for await (const line of lines(await request(api, routes.events.path, { signal: leaving.signal }))) {
      process.stdout.write(
        json ? `${line}\n` : `${describeEvent(v.parse(routes.events.response, JSON.parse(line)))}\n`,
      );
    }
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
  }
  return 0;
}
