/**
 * Completes package-lock.json, or the lock file of the argument, after an install on a machine whose registry lacks the
 * packages of other platforms: npm leaves those out, and `npm ci` then refuses the lock file everywhere. Each optional
 * dependency without an entry gets one with its version and platform; npm fetches it only on that platform.
 *
 *     npm run lock [-- bench/package-lock.json]
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

interface Entry {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** npm's word for a platform or processor, by the words that packages have for it in their names. */
const PLATFORMS: Readonly<Record<string, string>> = {
  darwin: "darwin",
  mac: "darwin",
  linux: "linux",
  win32: "win32",
  win: "win32",
  freebsd: "freebsd",
  android: "android",
};
const PROCESSORS: Readonly<Record<string, string>> = {
  arm64: "arm64",
  arm: "arm",
  armv7l: "arm",
  x64: "x64",
  ia32: "ia32",
  riscv64: "riscv64",
  ppc64: "ppc64",
  s390x: "s390x",
};

const path = process.argv[2] ?? fileURLToPath(new URL("../package-lock.json", import.meta.url));
const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, Entry> };
let added = 0;
for (const { optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const key = `node_modules/${name}`;
    if (key in lock.packages) continue;
    const words = name.split(/[/-]/);
    const [os] = words.flatMap((word) => PLATFORMS[word] ?? []);
    const [cpu] = words.flatMap((word) => PROCESSORS[word] ?? []);
    if (os === undefined || cpu === undefined) throw new Error(`${name} is optional, missing, and names no platform.`);
    lock.packages[key] = { version, cpu: [cpu], optional: true, os: [os] };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a < b ? -1 : 1));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} packages of other platforms added to ${path}\n`);
