/** The owner's limit for blocks on disk, which a device remembers from one start to the next. */
import type { DataFolder } from "../runtime/host/mod.ts";

const FILE = "disk-limit";

/** What people say: bytes, or "none" for no limit any more; undefined where they say nothing. */
export type SaidLimit = number | "none" | undefined;

/** The limit in bytes, as it is said now or was before; what is said is remembered. */
export async function rememberedLimit(
  said: SaidLimit,
  folder: Pick<DataFolder, "read" | "write" | "remove">,
): Promise<number | undefined> {
  if (said === "none") {
    await folder.remove(FILE);
    return undefined;
  }
  if (said !== undefined) {
    await folder.write(FILE, `${said}\n`);
    return said;
  }
  const bytes = Number(await folder.read(FILE) ?? NaN);
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined;
}
