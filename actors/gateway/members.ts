/** What the API needs of the mesh's membership, and how its owner is known. */

/** The header that carries what only the owner of the data folder can read. */
export const OWNER_HEADER = "skein-owner";

/** What the API needs of the mesh's membership. */
export interface Members {
  /** What whoever lets in or puts out must show. */
  readonly ownerKey: string;
  /** Devices that this one has met, here or away; itself not included. */
  devices(): readonly {
    readonly device: string;
    readonly name: string;
    readonly version: string;
    readonly lastSeenAt: number;
  }[];
  /** Of this device's software. */
  readonly version: string;
  /** @throws {RangeError} for this device itself */
  forget(device: string): Promise<void>;
  /** @throws {RangeError} for a lifetime or uses out of bounds */
  invite(options: { readonly lifetimeMs?: number | undefined; readonly uses?: number | undefined }): string;
}
