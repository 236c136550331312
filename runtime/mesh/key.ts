/** The mesh key: the one secret that makes devices members of the same mesh. What is shown or sent is derived from it. */

const KEY_BYTES = 32;

/** Makes a new mesh's key: 32 random bytes. */
export function createMeshKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES));
}

/** What the network needs of a mesh key. */
export interface DerivedKeys {
  /** Proves membership and encrypts connections (see `protector.ts`): 32 bytes. */
  readonly preSharedKey: Uint8Array;
  /** The name under which members find each other by mDNS: tells nothing of the key, and others do not even look. */
  readonly serviceTag: string;
}

/** Derives both by HKDF (RFC 5869) with SHA-256. Throws a RangeError if the key is not 32 bytes long. */
export async function deriveKeys(meshKey: Uint8Array): Promise<DerivedKeys> {
  if (meshKey.length !== KEY_BYTES) {
    throw new RangeError(`A mesh key has ${KEY_BYTES} bytes, this one has ${meshKey.length}: take it from an invite.`);
  }
  const secret = await crypto.subtle.importKey("raw", new Uint8Array(meshKey), "HKDF", false, ["deriveBits"]);
  const preSharedKey = await derive(secret, "skein pre-shared key", 32);
  const tag = await derive(secret, "skein service tag", 10);
  const name = [...tag].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { preSharedKey, serviceTag: `_skein-${name}._udp.local` };
}

/** Derives `bytes` bytes for one purpose. */
async function derive(
  secret: Awaited<ReturnType<typeof crypto.subtle.importKey>>,
  purpose: string,
  bytes: number,
): Promise<Uint8Array> {
  const info = new TextEncoder().encode(purpose);
  const bits = await crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info },
    secret,
    8 * bytes,
  );
  return new Uint8Array(bits);
}
