/** Where a device keeps its blocks. */
export { BlobBusyError, BlobMismatchError, BlobMissingError, type BlobWriter, type BlockStore } from "./block-store.ts";
export { openBlockStore } from "./file-store.ts";
export type { Stock, StoredFile } from "./stock.ts";
export { StoreError } from "./store-error.ts";
