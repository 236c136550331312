import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

/** The SHA-256 of a file, 64 lower-case hexadecimal digits. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await feedFile(path, hash);
  return hash.digest("hex");
}

/** Feeds a file to a hash that goes on afterwards. */
export async function feedFile(path: string, hash: Hash): Promise<void> {
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(piece);
}
