/** Finds ONNX Runtime's library: beside the program where it was installed from a package, else in onnxruntime-node. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { KernelError } from "../kernels.ts";

/** The library's file on each platform. */
export const LIBRARY_FILES: Readonly<Record<string, string>> = {
  linux: "libonnxruntime.so.1",
  darwin: "libonnxruntime.1.dylib",
  win32: "onnxruntime.dll",
};

/** Where the library lies. @throws {KernelError} for a platform that it is not made for, or a broken installation. */
export function libraryPath(): string {
  const { platform, arch } = process;
  const file = LIBRARY_FILES[platform];
  if (file === undefined) throw new KernelError(`ONNX Runtime is not made for ${platform}.`);
  const packed = fileURLToPath(new URL("../../../onnxruntime", import.meta.url));
  const own = join(packed, platform, arch, file);
  if (existsSync(own)) return own;
  if (existsSync(packed)) throw new KernelError(`This package of Skein was made without ${platform}-${arch}.`);
  try {
    const found = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");
    return join(dirname(found), "bin", "napi-v6", platform, arch, file);
  } catch (cause) {
    throw new KernelError("The package onnxruntime-node is not installed: run npm ci.", { cause });
  }
}
