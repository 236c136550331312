/**
 * An invite: the text that lets a device into a mesh. `skein1-` and Base32 of: length of the whole (2 bytes), mesh key
 * (32), name of the mesh (1 byte length, UTF-8), addresses (1 byte count; each 2 bytes length, binary multiaddr), CRC-32
 * of all before (4). Numbers are little-endian.
 */

import { multiaddr } from "@multiformats/multiaddr";
import { decodeBase32, encodeBase32 } from "./base32.ts";
import { crc32 } from "./crc32.ts";
import { MAX_ADDRESS_LENGTH, MAX_ADDRESSES, MAX_NAME_LENGTH } from "./limits.ts";

/** What an invite carries. */
export interface Invite {
  /** The mesh key, 32 bytes: the invite is as secret as the mesh. */
  readonly key: Uint8Array;
  /** Multiaddrs at which a member may be met. May be empty: then only mDNS helps. */
  readonly addresses: readonly string[];
  /** What people call the mesh. */
  readonly mesh?: string;
}

/** A text that is no invite, with a sentence that a person understands. */
export class InviteError extends Error {
  override readonly name = "InviteError";
}

const PREFIX = "skein";
const VERSION = 1;
/** Longer texts are not even looked at. */
const MAX_TEXT = 8 * 1024;
const KEY_BYTES = 32;
const SHORTEST = 2 + KEY_BYTES + 1 + 1 + 4;

/** Writes an invite. Throws a RangeError if the key, the name or the addresses are out of bounds. */
export function encodeInvite(invite: Invite): string {
  const name = new TextEncoder().encode(invite.mesh ?? "");
  const addresses = invite.addresses.map((address) => multiaddr(address).bytes);
  if (invite.key.length !== KEY_BYTES) throw new RangeError(`A mesh key has 32 bytes, not ${invite.key.length}.`);
  if (name.length > MAX_NAME_LENGTH) throw new RangeError(`"${invite.mesh}" is longer than ${MAX_NAME_LENGTH} bytes.`);
  if (addresses.length > MAX_ADDRESSES || addresses.some((bytes) => bytes.length > MAX_ADDRESS_LENGTH)) {
    throw new RangeError(`An invite carries at most ${MAX_ADDRESSES} addresses of ${MAX_ADDRESS_LENGTH} bytes.`);
  }
  const length = SHORTEST + name.length + addresses.reduce((sum, bytes) => sum + 2 + bytes.length, 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const number = (size: 1 | 2 | 4, value: number): void => {
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  };
  const put = (part: Uint8Array): void => {
    bytes.set(part, at);
    at += part.length;
  };
  number(2, length);
  put(invite.key);
  number(1, name.length);
  put(name);
  number(1, addresses.length);
  for (const address of addresses) {
    number(2, address.length);
    put(address);
  }
  number(4, crc32(bytes.subarray(0, at)));
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
  const key = take(KEY_BYTES);
  const name = new TextDecoder().decode(take(take(1)[0] ?? 0));
  const addresses: string[] = [];
  for (let left = take(1)[0] ?? 0; left > 0; left--) {
    take(2);
    const bytes = take(view.getUint16(at - 2, true));
    try {
      addresses.push(multiaddr(bytes).toString());
    } catch {
      throw mistyped("one of its addresses is no address");
    }
  }
  if (addresses.length > MAX_ADDRESSES || name.length > MAX_NAME_LENGTH) throw mistyped("it carries too much");
  return name === "" ? { key, addresses } : { key, addresses, mesh: name };
}

function mistyped(what: string): InviteError {
  return new InviteError(`This invite is mistyped or damaged: ${what}. Copy it again from where you got it.`);
}
