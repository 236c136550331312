/** What a device keeps of its mesh from one start to the next, beside the key. */
import * as v from "valibot";
import { KeyChange, MAX_FORGOTTEN } from "./change.ts";
import { MAX_NAME_LENGTH } from "./limits.ts";

/** A device that this one has had a session with. */
export const KnownDevice = v.object({
  device: v.pipe(v.string(), v.maxLength(100)),
  name: v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH)),
  /** Of its software; empty where it did not tell. */
  version: v.pipe(v.string(), v.maxLength(32)),
  /** Milliseconds since 1970. */
  lastSeenAt: v.pipe(v.number(), v.finite()),
});
export type KnownDevice = v.InferOutput<typeof KnownDevice>;

export const MeshRecord = v.object({
  /** The latest change of the key; absent where there has been none. */
  change: v.optional(KeyChange),
  /** Keys of before, the latest first: members that were away while it changed come by the new one with these. */
  former: v.pipe(
    v.array(v.object({ key: v.pipe(v.string(), v.base64(), v.maxLength(64)), until: v.pipe(v.number(), v.finite()) })),
    v.maxLength(64),
  ),
  devices: v.pipe(v.array(KnownDevice), v.maxLength(MAX_FORGOTTEN)),
});
export type MeshRecord = v.InferOutput<typeof MeshRecord>;

/** The record of a device that has met nobody. */
export const NO_RECORD: MeshRecord = { former: [], devices: [] };

/** Adds a device that is here, or has just left; the one not seen for longest gives way where there are too many. */
export function seen(devices: readonly KnownDevice[], device: KnownDevice): KnownDevice[] {
  const others = devices.filter((other) => other.device !== device.device);
  return [device, ...others.toSorted((a, b) => b.lastSeenAt - a.lastSeenAt)].slice(0, MAX_FORGOTTEN);
}
