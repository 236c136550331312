/** skein devices: who is in the mesh, as the device that is asked knows it. */
import process from "node:process";
import { type MemberView, routes } from "../actors/gateway/api.ts";
import { call, findApi } from "./api-client.ts";
import { parseCommand } from "./command.ts";
import { findOwn } from "./owner.ts";
import { table } from "./table.ts";

export const USAGE = `skein devices [options]: show the devices of the mesh: names, ids, versions, here or away.

  --api URL           the daemon to ask (default: the one on this machine)
  --data-dir DIR      the same, by its data folder
  --json              print JSON
`;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(
    args,
    { "api": { type: "string" }, "data-dir": { type: "string" }, json: { type: "boolean", default: false } },
    USAGE,
  );
  const dataDir = values["data-dir"];
  const api = dataDir === undefined ? await findApi(values.api) : (await findOwn(dataDir)).api;
  const { devices } = await call(api, routes.devices);
  process.stdout.write(values.json ? `${JSON.stringify({ devices })}\n` : describeDevices(devices, Date.now()));
  return 0;
}

/** A line for each device; `now` in milliseconds since 1970. */
export function describeDevices(devices: readonly MemberView[], now: number): string {
  const rows = devices.map((device) => [device.name, whereIs(device, now), device.version || "?", device.device]);
  const differing = describeVersions(devices);
  return table(["device", "", "version", "id"], rows) + (differing === undefined ? "" : `${differing}\n`);
}

/** Which devices run another version than this one, and what to do; undefined where none does. */
function describeVersions(devices: readonly MemberView[]): string | undefined {
  const own = devices.find(({ self }) => self)?.version;
  const others = devices.filter(({ self, version }) => !self && version !== "" && version !== own);
  if (own === undefined || others.length === 0) return undefined;
  const list = others.map(({ name, version }) => `${name} ${version}`).join(", ");
  return `! Versions differ: ${list}, this device ${own}. Install the same version on all; devices whose protocols differ ` +
    "do not let each other in.";
}

function whereIs({ self, here, lastSeenAt }: MemberView, now: number): string {
  if (self) return "this device";
  if (here) return "here";
  return lastSeenAt === undefined ? "away" : `away for ${span(now - lastSeenAt)}`;
}

/** A time that has passed, in milliseconds, as people say it: "5 min", "3 h", "2 days". */
export function span(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}
