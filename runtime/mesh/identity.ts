import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import type { PrivateKey } from "@libp2p/interface";

/** Makes a new device's identity: an Ed25519 private key as libp2p's protobuf. Whoever has it is the device. */
export async function createIdentity(): Promise<Uint8Array> {
  return privateKeyToProtobuf(await generateKeyPair("Ed25519"));
}

/** The device id that belongs to an identity: libp2p's peer id. Throws a TypeError if the bytes are no identity. */
export function deviceIdOf(identity: Uint8Array): string {
  return peerIdFromPrivateKey(readIdentity(identity)).toString();
}

/** Signs bytes as the device that an identity belongs to: see `isSigned`. Throws a TypeError if the bytes are no identity. */
export async function signWith(identity: Uint8Array, bytes: Uint8Array): Promise<Uint8Array> {
  return await readIdentity(identity).sign(bytes);
}

/** Reads an identity. Throws a TypeError if the bytes are none. */
export function readIdentity(identity: Uint8Array): PrivateKey {
  try {
    return privateKeyFromProtobuf(identity);
  } catch (cause) {
    throw new TypeError(
      `Cannot read the device's identity: ${identity.length} bytes that are no private key. ` +
        "Restore the identity file from a backup, or delete it to become a new device.",
      { cause },
    );
  }
}
