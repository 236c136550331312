/** skein forget: puts a device out of the mesh. */
import process from "node:process";
import { type MemberView, routes } from "../actors/gateway/api.ts";
import { defaultDataFolder } from "../runtime/host/mod.ts";
import { call } from "./api-client.ts";
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

/** The device that is meant, by its id, the beginning of it, or its name. @throws {CommandError} where that is not one. */
export function chosen(who: string, devices: readonly MemberView[]): MemberView {
  const exact = devices.filter(({ device, name }) => device === who || name === who);
  const found = exact.length > 0 ? exact : devices.filter(({ device }) => who.length >= 8 && device.startsWith(who));
  const [first, second] = found;
  if (first === undefined) {
    const known = devices.filter(({ self }) => !self).map(({ name }) => name).join(", ") || "none";
    throw new CommandError(`There is no device "${who}" in this mesh. It has: ${known}.`);
  }
  if (second !== undefined) {
    const ids = found.map(({ device }) => device).join(", ");
    throw new CommandError(`"${who}" is what ${found.length} devices are called. Say which by its id: ${ids}.`);
  }
  if (first.self) throw new CommandError("This device cannot put itself out: stop it instead (Ctrl-C).");
  return first;
}
