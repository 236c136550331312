/** skein invite: a text that lets another device in. */
import process from "node:process";
import { routes } from "../actors/gateway/api.ts";
import { defaultDataFolder } from "../runtime/host/mod.ts";
import { decodeInvite } from "../runtime/mesh/mod.ts";
import { CommandError, numberOption, parseCommand } from "./command.ts";
import { callAsOwner, findOwn } from "./owner.ts";

export const USAGE =
  `skein invite [options]: print an invite, which lets one other device in. Whoever has it first is a member.
It leads to this device, which must be on and in reach while the other one joins.

  --expires TIME      how long it is good, such as 10m, 1h or 2d (default 1h; at most 7d)
  --uses N            for how many devices (default 1)
  --data-dir DIR      the daemon's data folder (default: of the daemon on this machine, else ${defaultDataFolder()})
  --json              print JSON
`;

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Runs the command. Only who can read the daemon's data folder is given an invite. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(args, {
    expires: { type: "string" },
    uses: { type: "string" },
    "data-dir": { type: "string" },
    json: { type: "boolean", default: false },
  }, USAGE);
  const lifetimeMs = readTime(values.expires);
  const uses = numberOption("uses", values.uses, { min: 1, max: 64, integer: true });
  const daemon = await findOwn(values["data-dir"]);
  const { invite } = await callAsOwner(daemon, routes.invite, {
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
    ...(uses === undefined ? {} : { uses }),
  });
  const { addresses, expiresAt } = decodeInvite(invite);
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ invite, addresses, expiresAt: new Date(expiresAt).toISOString() })}\n`);
    return 0;
  }
  const until = new Date(expiresAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const devices = (uses ?? 1) === 1 ? "one device" : `${uses} devices`;
  process.stderr.write(`For ${devices}, until ${until}. There: skein up --join -    and paste this.\n`);
  process.stdout.write(`${invite}\n`);
  return 0;
}

/** A time like 10m, 1h or 2d in milliseconds. @throws {CommandError} */
export function readTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit] = text.match(/^(\d{1,6})([mhd])$/) ?? [];
  const milliseconds = Number(count) * UNITS[(unit ?? "m") as keyof typeof UNITS];
  if (milliseconds >= UNITS.m && milliseconds <= 7 * UNITS.d) return milliseconds;
  throw new CommandError(`--expires is ${JSON.stringify(text)}; it must be a time like 10m, 1h or 2d, at most 7d.`, 2);
}
