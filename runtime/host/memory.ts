/** How much memory and disk this machine has left for a model, container limits included. */
import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { freemem, totalmem } from "node:os";

/** A reading in bytes. */
export interface MemoryReading {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

/** Reads /proc and cgroup limits on Linux, the operating system's free memory elsewhere. */
export function readMemory(): Promise<MemoryReading> {
  const meminfo = text("/proc/meminfo");
  const field = (name: string): number | undefined => {
    const match = meminfo?.match(new RegExp(`^${name}:\\s+(\\d+) kB`, "m"));
    return match === null || match === undefined ? undefined : Number(match[1]) * 1024;
  };
  let totalBytes = field("MemTotal") ?? totalmem();
  let availableBytes = field("MemAvailable") ?? freemem();
  for (const limit of cgroupLimits()) {
    totalBytes = Math.min(totalBytes, limit.bytes);
    availableBytes = Math.min(availableBytes, Math.max(0, limit.bytes - limit.used));
  }
  return Promise.resolve({ totalBytes, availableBytes });
}

/** Bytes free for this user on the disk that holds `folder`; 0 where that cannot be told. */
export async function readFreeDisk(folder: string): Promise<number> {
  const disk = await statfs(folder).catch(() => undefined);
  return disk === undefined ? 0 : Math.floor(disk.bavail * disk.bsize);
}

/** The memory limits of the cgroups this process is in (version 2, then 1), with what is used of each. */
function cgroupLimits(): { bytes: number; used: number }[] {
  const limits: { bytes: number; used: number }[] = [];
  const own = text("/proc/self/cgroup")?.match(/^0::(.*)$/m)?.[1] ?? "/";
  const folders = new Set<string>(["/sys/fs/cgroup"]);
  for (let path = own; path !== "" && path !== "/"; path = path.slice(0, path.lastIndexOf("/"))) {
    folders.add(`/sys/fs/cgroup${path}`);
  }
  for (const folder of folders) {
    const bytes = Number(text(`${folder}/memory.max`));
    const used = Number(text(`${folder}/memory.current`));
    // Files that were read count as used, and are dropped as soon as memory is wanted.
    const cached = Number(text(`${folder}/memory.stat`)?.match(/^inactive_file (\d+)$/m)?.[1] ?? 0);
    if (bytes > 0 && Number.isFinite(used)) limits.push({ bytes, used: Math.max(0, used - cached) });
  }
  const bytes = Number(text("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
  const used = Number(text("/sys/fs/cgroup/memory/memory.usage_in_bytes"));
  // Version 1 says "no limit" with a number near 2^63.
  if (bytes > 0 && bytes < 2 ** 60 && Number.isFinite(used)) limits.push({ bytes, used });
  return limits;
}

/** Files that were not there: a machine does not change its version of cgroups, and each try makes an error. */
const absent = new Set<string>();

/** These files lie in memory: read at once, each costs a tenth of the way through a pool of threads and back. */
function text(path: string): string | undefined {
  if (absent.has(path)) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") absent.add(path);
    return undefined;
  }
}
