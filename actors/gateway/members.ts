/** What the API needs of the mesh's membership, and how its owner is known. */

/** The header that carries what only the owner of the data folder can read. */
export const OWNER_HEADER = "skein-owner";

/** An address of a device, and what became of trying it: see `Way` of the mesh. */
export interface TriedWay {
  readonly address: string;
  readonly by: "member" | "mdns";
  readonly outcome: "reached" | "closed" | "silent" | "wrong-key" | "other-device" | "failed";
  readonly milliseconds: number;
  readonly detail?: string;
}

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
  /** Tries every address of a device; `sightedAgo`: milliseconds since mDNS last told of it. */
  waysTo(device: string): Promise<
    { readonly ways: readonly TriedWay[]; readonly mdns: boolean; readonly sightedAgo?: number }
  >;
  /** @throws {RangeError} for this device itself */
  forget(device: string): Promise<void>;
  /** @throws {RangeError} for a lifetime or uses out of bounds */
  invite(options: { readonly lifetimeMs?: number | undefined; readonly uses?: number | undefined }): string;
}
