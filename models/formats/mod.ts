/** Model files: what they hold, how their numbers are stored, and how to write one. */
export { dequantize } from "./dequantize.ts";
export { embeddingRowBytes, readEmbeddingRows } from "./embedding-rows.ts";
export { type GgufFile, ggufParts, openGguf } from "./gguf.ts";
export type { GgufMetadata } from "./gguf-header.ts";
export { adviceToFetchAgain, ModelFileError } from "./model-file-error.ts";
export type { ModelSource, SourceTensor } from "./model-source.ts";
export { type ModelFolder, openModelFolder } from "./safetensors.ts";
export { isKQuant, isQuantized, readableTypes, type TensorType, tensorTypes, typedBytes } from "./tensor-type.ts";
export { type GgufTensorToWrite, type GgufValue, writeGguf, type WriteGgufOptions } from "./write-gguf.ts";
