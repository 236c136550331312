/** What only the owner of a daemon's data folder may ask of it. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Route } from "../actors/gateway/api.ts";
import { OWNER_HEADER } from "../actors/gateway/members.ts";
import { findDaemons } from "../runtime/host/mod.ts";
import { call } from "./api-client.ts";
import { CommandError } from "./command.ts";

/** A daemon of this machine that this user owns. */
export interface OwnDaemon {
  readonly api: string;
  readonly dataDir: string;
}

/** The daemon on a data folder; without one the daemon of this machine. @throws {CommandError} where none runs there. */
export async function findOwn(dataDir: string | undefined): Promise<OwnDaemon> {
  const daemons = await findDaemons();
  const found = dataDir === undefined ? daemons[0] : daemons.find((daemon) => daemon.dataDir === resolve(dataDir));
  if (found !== undefined) return found;
  const where = dataDir === undefined ? "on this machine" : `on the data folder ${resolve(dataDir)}`;
  throw new CommandError(`No daemon runs ${where}. Start one with: skein up.`);
}

/** Asks a route that is for the owner alone. @throws {CommandError} */
export async function callAsOwner<Q, R>({ api, dataDir }: OwnDaemon, route: Route<Q, R>, body: Q): Promise<R> {
  const file = join(dataDir, "owner.key");
  const key = await readFile(file, "utf8").catch((error) => {
    throw new CommandError(`${file} cannot be read, so you are not this daemon's owner: ${error.message}.`);
  });
  return await call(api, route, body, undefined, { [OWNER_HEADER]: `Bearer ${key.trim()}` });
}
