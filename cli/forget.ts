/** skein forget: puts a device out of the mesh. */
import process from "node:process";
import { type MemberView, routes } from "../actors/gateway/api.ts";
import { defaultDataFolder } from "../runtime/host/mod.ts";
import { call } from "./api-client.ts";
import { chosenDevice } from "./choose-device.ts";
import { CommandError, parseCommand } from "./command.ts";
import { callAsOwner, findOwn } from "./owner.ts";

export const USAGE =
  `skein forget DEVICE [options]: put a device out of the mesh, by its name or id (see skein devices). All others
get a new key at once, or when they are back; the device's own is good for nothing, also after restarts.

  --data-dir DIR      the daemon's data folder (default: of the daemon on this machine, else ${defaultDataFolder()})
  --json              print JSON
`;

/** Runs the command. Only who can read the daemon's data folder may do this. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals: [who] } = parseCommand(
    args,
    {
      "data-dir": { type: "string" },
      json: { type: "boolean", default: false },
    },
    USAGE,
    1,
  );
  if (who === undefined) throw new CommandError(`Which device? Give its name or id.\n\n${USAGE}`, 2);
  const daemon = await findOwn(values["data-dir"]);
  const { devices } = await call(daemon.api, routes.devices);
  const { device, name } = chosen(who, devices);
  const { forgotten } = await callAsOwner(daemon, routes.forget, { device });
  const sentence = `${name} is out. Stop it and remove mesh.key from its data folder, unless it is lost.`;
  process.stdout.write(values.json ? `${JSON.stringify({ forgotten })}\n` : `${sentence}\n`);
  return 0;
}

/** The device that is meant. @throws {CommandError} where that is not one, or this device itself. */
export function chosen(who: string, devices: readonly MemberView[]): MemberView {
  const found = chosenDevice(who, devices);
  if (found.self) throw new CommandError("This device cannot put itself out: stop it instead (Ctrl-C).");
  return found;
}
