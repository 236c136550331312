/** skein devices: who is in the mesh, as the device that is asked knows it. */
import process from "node:process";
import { type MemberView, routes } from "../actors/gateway/api.ts";
import { call, findApi } from "./api-client.ts";
import { parseCommand } from "./command.ts";
import { table } from "./table.ts";

export const USAGE = `skein devices [options]: show the devices of the mesh: names, ids, versions, here or away.

  --api URL           the daemon to ask (default: the one on this machine)
  --json              print JSON
`;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(
    args,
    { api: { type: "string" }, json: { type: "boolean", default: false } },
    USAGE,
  );
  const { devices } = await call(await findApi(values.api), routes.devices);
  process.stdout.write(values.json ? `${JSON.stringify({ devices })}\n` : describeDevices(devices, Date.now()));
  return 0;
}

/** A line for each device; `now` in milliseconds since 1970. */
export function describeDevices(devices: readonly MemberView[], now: number): string {
  const rows = devices.map((device) => [device.name, whereIs(device, now), device.version || "?", device.device]);
  return table(["device", "", "version", "id"], rows);
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
