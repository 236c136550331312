/**
 * Noise asks after every message whether another one has come, and where none has, an error is thrown and caught: its stack
 * alone costs 0.05 ms a token and hop. Told that there is more to come than it has, it waits just the same.
 */
import { noise } from "@chainsafe/libp2p-noise";
import { receiveStraight, sendStraight } from "./short-cut.ts";

/** A message of noise is at most this long, the two bytes of its length aside. */
const LONGEST_MESSAGE = 65_535;

interface Bytes {
  readonly byteLength: number;
}

/** What is used of a secured connection of noise; its type is not exported. */
interface Lengthed {
  readonly decoder: { lengthDecoder: (bytes: Bytes) => number; readonly buffer: Bytes };
}

/** Noise, as libp2p's `connectionEncrypters` take it. */
export function calmNoise(): ReturnType<typeof noise> {
  const make = noise();
  return (components) => {
    const encrypter = make(components);
    const [inbound, outbound] = [encrypter.secureInbound.bind(encrypter), encrypter.secureOutbound.bind(encrypter)];
    encrypter.secureInbound = async (stream, options) => eased(await inbound(stream, options));
    encrypter.secureOutbound = async (stream, options) => eased(await outbound(stream, options));
    return encrypter;
  };
}

function eased<S extends { readonly connection: object }>(secured: S): S {
  askOnlyForWholeLengths(secured.connection);
  sendStraight(secured.connection);
  receiveStraight(secured.connection);
  return secured;
}

/**
 * Has a secured connection give the longest length there is where the next one's two bytes have not come. Returns false for
 * anything but a connection of noise as we know it, which stays as it is.
 */
export function askOnlyForWholeLengths(connection: object): boolean {
  if (!isLengthed(connection)) return false;
  const { decoder } = connection;
  const decode = decoder.lengthDecoder;
  decoder.lengthDecoder = (bytes) => bytes.byteLength < 2 ? LONGEST_MESSAGE : decode(bytes);
  return true;
}

function isLengthed(connection: object): connection is Lengthed {
  if (!("decoder" in connection) || typeof connection.decoder !== "object" || connection.decoder === null) return false;
  return "lengthDecoder" in connection.decoder && typeof connection.decoder.lengthDecoder === "function";
}
