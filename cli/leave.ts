/** skein leave: has this machine's daemon leave the mesh politely. */
import process from "node:process";
import { routes } from "../actors/gateway/api.ts";
import { findDaemons } from "../runtime/host/mod.ts";
import { call, findApi } from "./api-client.ts";
import { CommandError, parseCommand } from "./command.ts";

/** What `--help` prints. */
export const USAGE =
  `skein leave [options]: the daemon of this machine gives what it runs to the other devices, then stops. Answers go on.

  --api URL           the daemon to talk to (default: the one on this machine)
`;

/** How long the daemon may take to be gone: it waits for the others for a few seconds at most. */
const GONE_MILLISECONDS = 20_000;
const LOOK_MILLISECONDS = 100;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(args, { api: { type: "string" } }, USAGE);
  const api = await findApi(values.api);
  await call(api, routes.leave);
  const deadline = Date.now() + GONE_MILLISECONDS;
  while (await isThere(api)) {
    if (Date.now() > deadline) {
      throw new CommandError(`The daemon at ${api} is still there after ${GONE_MILLISECONDS / 1000} seconds.`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
  }
  process.stdout.write(`The daemon at ${api} has left.\n`);
  return 0;
}

async function isThere(api: string): Promise<boolean> {
  // Its record goes first, its port a moment later.
  if ((await findDaemons()).some((daemon) => daemon.api === api)) return true;
  return await fetch(`${api}${routes.health.path}`).then(() => true, () => false);
}
