/** The contract of a device's block store: content-addressed blobs and the manifests that name them. */
import type { Blob, Manifest } from "../manifest.ts";
import type { Stock } from "./stock.ts";

/** Keeps blobs by their SHA-256. Whatever `has` says is there is complete. */
export interface BlockStore {
  /** True if the blob is there, complete and of the right size. Does not hash: see `verify`. */
  has(blob: Blob): Promise<boolean>;
  /** Where ONNX Runtime finds a complete blob; all blobs lie in one folder, named by their SHA-256. */
  path(blob: Blob): string;
  /** `length` bytes from `offset` on. Throws RangeError outside the blob and BlobMissingError if it is not there. */
  read(blob: Blob, offset: number, length: number): Promise<Uint8Array>;
  /**
   * Starts or resumes writing a blob that comes from elsewhere, `offset` bytes of which are already here.
   * Throws BlobBusyError while another writer of the same blob is open. For a blob that is already complete, `offset` is
   * its size and there is nothing left to append.
   */
  receive(blob: Blob): Promise<BlobWriter>;
  /** Adds bytes of unknown hash; nothing remains of an iterable that throws. */
  add(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<Blob>;
  /** Hashes the blob again. One that is damaged is removed: false. */
  verify(blob: Blob): Promise<boolean>;
  putManifest(manifest: Manifest): Promise<void>;
  /** The manifest of this id, or undefined if it is unknown or damaged. */
  manifest(id: string): Promise<Manifest | undefined>;
  /** All manifests, by name. */
  manifests(): Promise<readonly Manifest[]>;
  /** Remembers that `source`, a text that names an unchanged model file and how to compile it, gave this manifest. */
  rememberSource(source: string, manifest: Manifest): Promise<void>;
  /** The manifest that `source` gave, if it is remembered and all its blobs are still here. */
  compiledSource(source: string): Promise<Manifest | undefined>;
  /** What takes room here. */
  readonly stock: Stock;
}

/** Writes one blob, front to back. One call at a time. */
export interface BlobWriter {
  /** Bytes that are here, also those of an earlier writer that was interrupted: go on from this one. */
  readonly offset: number;
  /** Throws BlobMismatchError, and forgets all that came before, if this is more than the blob's size. */
  append(bytes: Uint8Array): Promise<void>;
  /** Checks size and SHA-256 and makes the blob appear. If they are wrong, deletes it and throws BlobMismatchError. */
  commit(): Promise<void>;
  /** Ends without a blob. What came so far stays for the next `receive`. */
  abandon(): Promise<void>;
}

/** Bytes that are not the blob that they were said to be. */
export class BlobMismatchError extends Error {
  override readonly name = "BlobMismatchError";
  readonly blob: Blob;

  constructor(blob: Blob, problem: string) {
    super(`Cannot store the blob ${blob.sha256}: ${problem}. Fetch it again, from another peer if there is one.`);
    this.blob = blob;
  }
}

/** A second writer of a blob that is being written. */
export class BlobBusyError extends Error {
  override readonly name = "BlobBusyError";
  readonly blob: Blob;

  constructor(blob: Blob) {
    super(`Cannot receive the blob ${blob.sha256}: it is being received already. Wait for that to end.`);
    this.blob = blob;
  }
}

/** A blob that is not in the store. */
export class BlobMissingError extends Error {
  override readonly name = "BlobMissingError";
  readonly blob: Blob;

  constructor(blob: Blob, options?: ErrorOptions) {
    super(`Cannot read the blob ${blob.sha256}: it is not in the store. Receive it first.`, options);
    this.blob = blob;
  }
}
