/** A process that locks the folder of its argument, says whether it could, and holds it until its input ends. */
import process from "node:process";
import { FolderLockedError, lockFolder } from "../../runtime/host/lock.ts";

try {
  await lockFolder(process.argv[2] ?? "");
  console.log("locked");
} catch (error) {
  if (!(error instanceof FolderLockedError)) throw error;
  console.log("refused");
}
process.stdin.resume();
