/**
 * Two messages over a stream that nobody has vouched for yet, one each way, that only two devices can read: both know a
 * secret and have proven it (see `protector.ts`), and agree on keys by X25519, so that who learns the secret later learns
 * nothing of what was said. Each direction has its own key, AES-256-GCM, used once.
 */

/** A stream of bytes, read and written in order. */
export interface ByteStream {
  read(count: number): Promise<Uint8Array>;
  write(bytes: Uint8Array): Promise<unknown>;
}

/** A conversation of two messages. */
export interface Sealed {
  /** What was agreed on: both sides have the same, and no other conversation ever has. For signatures. */
  readonly transcript: Uint8Array;
  send(message: unknown): Promise<void>;
  /** The other side's message. @throws where it is not from whoever has the secret, or no JSON. */
  receive(): Promise<unknown>;
}

const KEY_BYTES = 32;
/** A list of all the devices that a mesh keeps out, and addresses. */
const MAX_MESSAGE = 60_000;

/** Agrees on keys; `proven` is what both sides have proven, the same on both. */
export async function seal(
  stream: ByteStream,
  side: "newcomer" | "host",
  { secret, proven }: { readonly secret: Uint8Array; readonly proven: Uint8Array },
): Promise<Sealed> {
  const pair = await crypto.subtle.generateKey("X25519", true, ["deriveBits"]);
  if (!("privateKey" in pair)) throw new Error("X25519 makes pairs of keys");
  const own = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  await stream.write(own);
  const theirs = new Uint8Array(await stream.read(KEY_BYTES));
  const other = await crypto.subtle.importKey("raw", theirs, "X25519", true, []);
  const shared = await crypto.subtle.deriveBits({ name: "X25519", public: other }, pair.privateKey, 8 * KEY_BYTES);
  const transcript = joined(proven, ...side === "newcomer" ? [own, theirs] : [theirs, own]);
  const material = joined(new Uint8Array(shared), secret);
  const [outbound, inbound] = await Promise.all([
    deriveKey(material, transcript, side),
    deriveKey(material, transcript, side === "host" ? "newcomer" : "host"),
  ]);
  return {
    transcript,
    async send(message) {
      const plain = new TextEncoder().encode(JSON.stringify(message));
      const cipher = new Uint8Array(await crypto.subtle.encrypt(ONCE, outbound, plain));
      if (cipher.length > MAX_MESSAGE) throw new RangeError(`a sealed message of ${cipher.length} bytes`);
      await stream.write(joined(Uint8Array.of(cipher.length & 255, cipher.length >> 8), cipher));
    },
    async receive() {
      const [low = 0, high = 0] = await stream.read(2);
      const length = low + 256 * high;
      if (length > MAX_MESSAGE) throw new RangeError(`a sealed message of ${length} bytes`);
      const cipher = new Uint8Array(await stream.read(length));
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(ONCE, inbound, cipher)));
    },
  };
}

/** Each key encrypts one message. */
const ONCE = { name: "AES-GCM", iv: new Uint8Array(12) };

async function deriveKey(material: Uint8Array<ArrayBuffer>, salt: Uint8Array<ArrayBuffer>, purpose: string) {
  const base = await crypto.subtle.importKey("raw", material, "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode(`skein admission ${purpose}`);
  const derivation = { name: "HKDF", hash: "SHA-256", salt, info };
  return await crypto.subtle.deriveKey(derivation, base, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
