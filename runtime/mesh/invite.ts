/**
 * An invite: the text that lets a device into a mesh, for a while and a number of times. `skein2-` and Base32 of: length of
 * the whole (2 bytes), secret (16), deadline in minutes since 1970 (4), addresses (1 byte count; each 1 byte length, binary
 * multiaddr), CRC-32 of all before (4). Numbers are little-endian. It does not hold the mesh's key: who made it gives that
 * to whoever shows the secret before the deadline, see `admission.ts`.
 */

import { multiaddr } from "@multiformats/multiaddr";
import { decodeBase32, encodeBase32 } from "./base32.ts";
import { crc32 } from "./crc32.ts";
import { MAX_ADDRESS_LENGTH, MAX_ADDRESSES } from "./limits.ts";

/** What an invite carries. */
export interface Invite {
  /** 16 random bytes, which the device that made the invite knows again. */
  readonly secret: Uint8Array;
  /** When it ends, in milliseconds since 1970; whole minutes. */
  readonly expiresAt: number;
  /** Multiaddrs of the device that made it. */
  readonly addresses: readonly string[];
}

/** A text that is no invite, or one that is not taken, with a sentence that a person understands. */
export class InviteError extends Error {
  override readonly name = "InviteError";
}

const PREFIX = "skein";
const VERSION = 2;
/** Longer texts are not even looked at. */
const MAX_TEXT = 8 * 1024;
export const SECRET_BYTES = 16;
const MINUTE = 60_000;
const SHORTEST = 2 + SECRET_BYTES + 4 + 1 + 4;

/** Writes an invite. Throws a RangeError if the secret, the deadline or the addresses are out of bounds. */
export function encodeInvite({ secret, expiresAt, addresses }: Invite): string {
  const parts = addresses.map((address) => multiaddr(address).bytes);
  const minutes = expiresAt / MINUTE;
  if (secret.length !== SECRET_BYTES) {
    throw new RangeError(`The secret of an invite has ${SECRET_BYTES} bytes, not ${secret.length}.`);
  }
  if (!Number.isInteger(minutes) || minutes < 0 || minutes > 0xffffffff) {
    throw new RangeError(`An invite ends at a whole minute, not at ${expiresAt}.`);
  }
  if (parts.length > MAX_ADDRESSES || parts.some((bytes) => bytes.length > Math.min(MAX_ADDRESS_LENGTH, 255))) {
    throw new RangeError(`An invite carries at most ${MAX_ADDRESSES} addresses of 255 bytes.`);
  }
  const length = SHORTEST + parts.reduce((sum, bytes) => sum + 1 + bytes.length, 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, length, true);
  bytes.set(secret, 2);
  view.setUint32(2 + SECRET_BYTES, minutes, true);
  bytes[6 + SECRET_BYTES] = parts.length;
  let at = 7 + SECRET_BYTES;
  for (const part of parts) {
    bytes[at] = part.length;
    bytes.set(part, at + 1);
    at += 1 + part.length;
  }
  view.setUint32(at, crc32(bytes.subarray(0, at)), true);
  return `${PREFIX}${VERSION}-${encodeBase32(bytes)}`;
}

/**
 * Reads an invite; white space and line breaks within it do not matter. Throws an InviteError that says what is wrong:
 * no invite at all, of another version, cut off, or mistyped.
 */
export function decodeInvite(text: string): Invite {
  if (text.length > MAX_TEXT) throw new InviteError("This is no invite: it is far too long. Copy only the invite.");
  const compact = text.replaceAll(/\s/g, "");
  const parts = /^skein(\d{1,9})-(.*)$/i.exec(compact);
  if (parts === null) {
    throw new InviteError(
      `This is no invite: an invite begins with "${PREFIX}${VERSION}-", this begins with "${compact.slice(0, 12)}". ` +
        "Ask a member of the mesh for one (skein invite).",
    );
  }
  if (Number(parts[1]) !== VERSION) {
    throw new InviteError(
      `This invite has version ${parts[1]}, this Skein reads version ${VERSION}: use the same version on both devices.`,
    );
  }
  const bytes = decodeBase32(parts[2] ?? "");
  if (bytes === undefined) throw mistyped("it contains a character that no invite contains");
  const told = bytes.length < 2 ? Infinity : new DataView(bytes.buffer).getUint16(0, true);
  const body = bytes.subarray(0, Math.max(0, bytes.length - 4));
  const sum = bytes.length < 4 ? -1 : new DataView(bytes.buffer).getUint32(bytes.length - 4, true);
  if (bytes.length < SHORTEST || bytes.length < told) {
    throw new InviteError(
      "This invite is cut off: its end is missing. Copy all of it, from the first to the last character.",
    );
  }
  if (bytes.length !== told || sum !== crc32(body)) throw mistyped("its checksum does not match");
  return readBody(body);
}

/** Reads what the checksum has vouched for; still checks every length, as a checksum can be made to match. */
function readBody(body: Uint8Array): Invite {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let at = 2;
  const take = (count: number): Uint8Array => {
    if (at + count > body.length) throw mistyped("its parts are longer than the whole");
    at += count;
    return body.slice(at - count, at);
  };
  const secret = take(SECRET_BYTES);
  take(4);
  const expiresAt = view.getUint32(at - 4, true) * MINUTE;
  const addresses: string[] = [];
  for (let left = take(1)[0] ?? 0; left > 0; left--) {
    const bytes = take(take(1)[0] ?? 0);
    try {
      addresses.push(multiaddr(bytes).toString());
    } catch {
      throw mistyped("one of its addresses is no address");
    }
  }
  if (addresses.length > MAX_ADDRESSES) throw mistyped("it carries too much");
  return { secret, expiresAt, addresses };
}

function mistyped(what: string): InviteError {
  return new InviteError(`This invite is mistyped or damaged: ${what}. Copy it again from where you got it.`);
}
