/** skein invite: the text that lets another device in. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { defaultDataFolder, findDaemons } from "../runtime/host/mod.ts";
import { encodeInvite } from "../runtime/mesh/mod.ts";
import { CommandError, parseCommand } from "./command.ts";

export const USAGE =
  `skein invite [options]: print the invite that lets another device in. It holds the mesh's key: whoever has it is a member.

  --data-dir DIR      the daemon's data folder (default: of the daemon on this machine, else ${defaultDataFolder()})
  --json              print JSON
`;

/** Runs the command. The key is read from the data folder, which only its owner may read: the API never gives it out. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(
    args,
    { "data-dir": { type: "string" }, json: { type: "boolean", default: false } },
    USAGE,
  );
  const daemons = await findDaemons();
  const folder = resolve(values["data-dir"] ?? daemons[0]?.dataDir ?? defaultDataFolder());
  const key = await readFile(join(folder, "mesh.key")).catch((error) => {
    const why = error.code === "ENOENT"
      ? "has no mesh key yet: start a daemon on it with skein up"
      : `cannot be read: ${error.message}`;
    throw new CommandError(`The data folder ${folder} ${why}.`);
  });
  const addresses = daemons.find(({ dataDir }) => dataDir === folder)?.addresses ?? [];
  if (addresses.length === 0) {
    process.stderr.write(
      "skein: no daemon runs on this data folder, so the invite has no address; it works where devices find each other by mDNS.\n",
    );
  }
  const invite = encodeInvite({ key: new Uint8Array(key), addresses });
  if (process.stdout.isTTY === true && !values.json) {
    process.stderr.write("On the other device: skein up --join -    and paste this there. Whoever has it can join.\n");
  }
  process.stdout.write(values.json ? `${JSON.stringify({ invite, addresses })}\n` : `${invite}\n`);
  return 0;
}
