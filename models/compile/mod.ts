/** The compiler: model files to manifests and blocks. */
export { ModelFileError } from "../formats/mod.ts";
export { blockBlobs, manifestBlobs } from "../manifest-blobs.ts";
export { validateManifest } from "../validate-manifest.ts";
export { compileModel, type CompileOptions, type CompileProgress } from "./compile.ts";
export type { Quantize } from "./projection.ts";
