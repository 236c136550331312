/** What shows that one knows a key: bytes that both sides derive from it and from what each has drawn at random. */
import { createHmac } from "node:crypto";

export type Role = "dialler" | "listener";

/** Random bytes that each side begins with. */
export const NONCE_BYTES = 32;
export const PROOF_BYTES = 32;

/** HMAC-SHA256(key, purpose, role, dialler's bytes, listener's bytes); the role keeps an echo from passing as a proof. */
export function derived(
  key: Uint8Array,
  purpose: "prove" | "send",
  role: Role,
  nonces: readonly Uint8Array[],
): Uint8Array {
  const hmac = createHmac("sha256", key).update(`${purpose} ${role} `);
  for (const nonce of nonces) hmac.update(nonce);
  return new Uint8Array(hmac.digest());
}

/** The key, 32 bytes, by which an invite's secret, or a mesh key of before, is shown at the door. */
export function passKey(secret: Uint8Array, kind: "invite" | "renewal"): Uint8Array {
  return new Uint8Array(createHmac("sha256", secret).update(`skein ${kind}`).digest());
}
