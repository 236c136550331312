/** Which device a person means. */
import type { MemberView } from "../actors/gateway/api.ts";
import { CommandError } from "./command.ts";

/** The device that is meant, by its id, the beginning of it, or its name. @throws {CommandError} where that is not one. */
export function chosenDevice(who: string, devices: readonly MemberView[]): MemberView {
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
  return first;
}
