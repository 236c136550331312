/** A device as a process: `skein up` with stamps. A line on standard input has it print what it noted since the last. */
import { availableParallelism } from "node:os";
import process from "node:process";
import { createInterface } from "node:readline";
import { startDaemon } from "../../actors/daemon/mod.ts";
import { readInvite } from "../../cli/join.ts";
import { readUpOptions } from "../../cli/up-options.ts";
import { compileModel } from "../../models/compile/mod.ts";
import { openDataFolder } from "../../runtime/host/mod.ts";
import { Stamps } from "./stamps.ts";

const { model, quantize, dataDir, join, ...options } = readUpOptions(
  process.argv.slice(2),
);
const stamps = new Stamps();
const folder = await openDataFolder(dataDir);
const daemon = await startDaemon({
  ...options,
  ...(join === undefined ? {} : { invite: await readInvite(join) }),
  version: "bench",
  folder,
  cores: availableParallelism(),
  processBytes: () => process.memoryUsage().rss,
  onEvent: () => {},
  instruments: stamps,
});
print({ api: daemon.api, invite: daemon.invite(), pid: process.pid });
const lines = createInterface({ input: process.stdin });
lines.on("line", () => print(stamps.take()));
lines.on("close", async () => {
  await daemon.stop();
  await folder.close();
  process.exit(0);
});
if (model !== undefined) {
  daemon.offer(await compileModel(model, { store: daemon.store, quantize }));
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
