/** Which data folder the service of this machine runs on: whoever looks for its log has no other way to know. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { stateFolder } from "../../runtime/host/mod.ts";

const Installed = v.object({ dataDir: v.string() });
type Installed = v.InferOutput<typeof Installed>;

const recordFile = (): string => join(stateFolder(), "service.json");

/** Writes it down. */
export async function rememberService(installed: Installed): Promise<void> {
  await mkdir(stateFolder(), { recursive: true, mode: 0o700 });
  await writeFile(recordFile(), JSON.stringify(installed), { mode: 0o600 });
}

/** What is known of the service; undefined where none is installed, or by a Skein that did not write this. */
export async function installedService(): Promise<Installed | undefined> {
  const text = await readFile(recordFile(), "utf8").catch(() => undefined);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Installed), text);
  return parsed.success ? parsed.output : undefined;
}

/** Forgets it. */
export async function forgetService(): Promise<void> {
  await rm(recordFile(), { force: true });
}
