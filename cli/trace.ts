/** skein trace: where the time of an answer went, hop by hop. */
import process from "node:process";
import { routes } from "../actors/gateway/api.ts";
import { call, findApi } from "./api-client.ts";
import { CommandError, parseCommand } from "./command.ts";
import { describeTrace, describeTraces } from "./trace-output.ts";

export const USAGE =
  `skein trace [ID] [options]: where the time of an answer went: in queues, in computing, on the wire.

  ID                  the answer's id or its beginning, as skein inspect --follow shows it (default: the latest answer)
  --list              the answers of late that entered at the device
  --api URL           the daemon to ask: the one where the prompt entered (default: the one on this machine)
  --json              print JSON: every token's way
`;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(
    args,
    {
      api: { type: "string" },
      list: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
    USAGE,
    1,
  );
  const [id = "latest"] = positionals;
  if (values.list && positionals.length > 0) throw new CommandError("--list shows all answers; it takes no id.", 2);
  const api = await findApi(values.api);
  if (values.list) {
    const { answers } = await call(api, routes.traces);
    process.stdout.write(values.json ? `${JSON.stringify({ answers })}\n` : describeTraces(answers));
    return 0;
  }
  const path = `${routes.trace.path}${encodeURIComponent(id)}`;
  const trace = await call(api, { ...routes.trace, path });
  const columns = process.stdout.isTTY === true ? process.stdout.columns : undefined;
  process.stdout.write(values.json ? `${JSON.stringify(trace)}\n` : describeTrace(trace, columns));
  return 0;
}
