import { createCipheriv, createHmac } from "node:crypto";

/** Encrypts or decrypts the bytes of one direction, in order: the same operation, a stream cipher. */
export interface Keystream {
  /** Returns the bytes combined with the next of the stream; the input stays as it is. */
  update(bytes: Uint8Array): Uint8Array;
}

/** ChaCha20 counts blocks in 32 bits (RFC 8439), 256 GiB: long before, the next key is taken. */
const BYTES_PER_KEY = 2 ** 34;

/**
 * Makes a ChaCha20 stream from a key of 32 bytes that is used for nothing else. Every `bytesPerKey` bytes it goes on with
 * the next key: HMAC-SHA256 of the one before.
 */
export function createKeystream(key: Uint8Array, bytesPerKey: number = BYTES_PER_KEY): Keystream {
  let current = key;
  // Counter and nonce start from zero, as each key is used once.
  let cipher = createCipheriv("chacha20", current, new Uint8Array(16));
  let left = bytesPerKey;

  function next(): void {
    current = new Uint8Array(createHmac("sha256", current).update("next").digest());
    cipher = createCipheriv("chacha20", current, new Uint8Array(16));
    left = bytesPerKey;
  }

  return {
    update(bytes) {
      if (bytes.length < left) {
        left -= bytes.length;
        return cipher.update(bytes);
      }
      const result = new Uint8Array(bytes.length);
      for (let at = 0; at < bytes.length;) {
        if (left === 0) next();
        const part = bytes.subarray(at, at + left);
        result.set(cipher.update(part), at);
        left -= part.length;
        at += part.length;
      }
      return result;
    },
  };
}
