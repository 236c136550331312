/**
 * A change of the mesh's key: who is out, and what the others' key is from now on. Any member may make one; it is signed by
 * the identity of who does, and numbered, so that of two the later counts and none can be made in another's name.
 */
import { peerIdFromString } from "@libp2p/peer-id";
import type { PrivateKey } from "@libp2p/interface";
import * as v from "valibot";

/** Devices that a mesh remembers to keep out. */
export const MAX_FORGOTTEN = 256;
/** Changes are few: a number so far ahead was made up, and would leave no room above it. */
const MAX_EPOCH_JUMP = 1000;

const DeviceId = v.pipe(v.string(), v.regex(/^[1-9A-HJ-NP-Za-km-z]{20,100}$/));
const Base64 = v.pipe(v.string(), v.base64(), v.maxLength(128));

/** As it travels and is kept: JSON. */
export const KeyChange = v.object({
  /** Counts changes. */
  epoch: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** The mesh key from then on, 32 bytes. */
  key: Base64,
  /** All devices that are out, also those of earlier changes. */
  forgotten: v.pipe(v.array(DeviceId), v.maxLength(MAX_FORGOTTEN)),
  by: DeviceId,
  /** Of all the rest, by the identity of `by`. */
  signature: Base64,
});
export type KeyChange = v.InferOutput<typeof KeyChange>;

/** Signs a change with the identity of the device `by`. */
export async function signChange(change: Omit<KeyChange, "signature">, identity: PrivateKey): Promise<KeyChange> {
  return { ...change, signature: toBase64(await identity.sign(signed(change))) };
}

/** Whether a change is what the device that it names has signed. */
export async function isGenuine(change: KeyChange): Promise<boolean> {
  return await isSigned(change.by, signed(change), fromBase64(change.signature));
}

/** Whether a device's identity has signed some bytes. False too for what is no device's id. */
export async function isSigned(device: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
  try {
    const { publicKey } = peerIdFromString(device);
    return publicKey !== undefined && await publicKey.verify(bytes, signature);
  } catch {
    return false;
  }
}

function signed({ epoch, key, forgotten, by }: Omit<KeyChange, "signature">): Uint8Array {
  return new TextEncoder().encode(["skein key change", epoch, key, by, ...forgotten].join("\n"));
}

/** What a device makes of a change that it is told. */
export type Verdict =
  /** It is later than what is known here, or wins among equals. */
  | "adopt"
  /** This device has a later one, or the same. */
  | "ignore"
  /** Made by a device that is out, or that this device has never met; it puts this device out, or is numbered absurdly. */
  | "refuse";

/**
 * Judges a change whose signature has been checked. `known` says whether its maker is a member as far as this device knows,
 * itself included. Two that are made at once have one number: the smaller id of their makers wins, everywhere.
 */
export function judge(
  change: KeyChange,
  current: KeyChange | undefined,
  { self, known }: { readonly self: string; readonly known: boolean },
): Verdict {
  if (current?.signature === change.signature) return "ignore";
  if (current?.forgotten.includes(change.by) === true || change.forgotten.includes(change.by)) return "refuse";
  if (change.forgotten.includes(self) || !known) return "refuse";
  const epoch = current?.epoch ?? 0;
  if (change.epoch > epoch + MAX_EPOCH_JUMP) return "refuse";
  if (change.epoch !== epoch) return change.epoch > epoch ? "adopt" : "ignore";
  return change.by < (current?.by ?? "") ? "adopt" : "ignore";
}

/** The devices that are out by either of two changes, the latest last. */
export function forgottenIn(...changes: readonly (KeyChange | undefined)[]): string[] {
  return [...new Set(changes.flatMap((change) => change?.forgotten ?? []))].slice(-MAX_FORGOTTEN);
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
