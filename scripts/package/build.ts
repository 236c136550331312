/**
 * Command, run by `npm pack` before it packs: writes the program as it is installed to lib/, which `npm pack` removes
 * again. Deno and Node refuse TypeScript below node_modules, so lib/ has the same files as JavaScript, in the same
 * folders; what they read beside themselves; and ONNX Runtime's library for each platform, without the rest of the
 * package onnxruntime-node, whose install script downloads CUDA files on the machines of users.
 *
 * SKEIN_PACK_PLATFORMS=linux-x64,darwin-arm64 packs these platforms' libraries only.
 */
import { spawnSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { LIBRARY_FILES } from "../../models/compute/ort/library-path.ts";
import { workersAsJavaScript } from "./workers.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const lib = join(root, "lib");
const FOLDERS = ["cli", "actors", "runtime", "plans", "models", "page"];

/** Files below a folder of the project, as paths from the root. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) =>
    join(parentPath, name).slice(root.length + 1)
  );
}

function compile(): void {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.package.json")], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("The TypeScript compiler failed; see above.");
}

async function pointAtJavaScript(): Promise<void> {
  const files = await filesBelow("lib");
  for (const file of files.filter((file) => extname(file) === ".js")) {
    const text = await readFile(join(root, file), "utf8");
    const pointed = workersAsJavaScript(text);
    if (pointed !== text) await writeFile(join(root, file), pointed);
  }
}

/** What the program reads beside itself: the built-in model, pages. */
async function copyAssets(): Promise<void> {
  for (const folder of FOLDERS) {
    for (const file of (await filesBelow(folder)).filter((file) => extname(file) !== ".ts")) {
      await mkdir(dirname(join(lib, file)), { recursive: true });
      await cp(join(root, file), join(lib, file));
    }
  }
}

async function copyLibraries(): Promise<void> {
  const wanted = process.env["SKEIN_PACK_PLATFORMS"]?.split(",");
  const binaries = join(root, "node_modules", "onnxruntime-node", "bin", "napi-v6");
  for (const [platform, file] of Object.entries(LIBRARY_FILES)) {
    for (const arch of await readdir(join(binaries, platform))) {
      if (wanted !== undefined && !wanted.includes(`${platform}-${arch}`)) continue;
      const target = join(lib, "onnxruntime", platform, arch);
      await mkdir(target, { recursive: true });
      await cp(join(binaries, platform, arch, file), join(target, file));
    }
  }
  await cp(join(root, "scripts", "package", "LICENSE-onnxruntime.txt"), join(lib, "onnxruntime", "LICENSE.txt"));
}

await rm(lib, { recursive: true, force: true });
compile();
await pointAtJavaScript();
await copyAssets();
await copyLibraries();
