/** The mesh's own messages and their validation. Ping and pong carry a number, the others JSON in UTF-8. */

import * as v from "valibot";
import { KeyChange } from "./change.ts";
import { FrameError, type Kind } from "./frames.ts";
import { MAX_ADDRESS_LENGTH, MAX_ADDRESSES, MAX_NAME_LENGTH, MAX_PEERS } from "./limits.ts";

/** Printable text only: names end up in terminals. */
const nameSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NAME_LENGTH), v.regex(/^[^\p{C}]+$/u));
const helloSchema = v.object({
  name: nameSchema,
  version: v.optional(v.pipe(v.string(), v.maxLength(32), v.regex(/^[\w.+-]*$/)), ""),
});
const versionSchema = v.object({ protocol: v.pipe(v.number(), v.integer(), v.minValue(0)) });
const goodbyeSchema = v.object({ reason: v.pipe(v.string(), v.maxLength(200), v.regex(/^[^\p{C}]*$/u)) });
const membersSchema = v.pipe(
  v.array(v.object({
    device: v.pipe(v.string(), v.regex(/^[1-9A-HJ-NP-Za-km-z]{20,100}$/)),
    addresses: v.pipe(v.array(v.pipe(v.string(), v.maxLength(MAX_ADDRESS_LENGTH))), v.maxLength(MAX_ADDRESSES)),
  })),
  v.maxLength(MAX_PEERS),
);

/** The first frame of both sides on the control stream. */
export interface Hello {
  readonly protocol: number;
  readonly name: string;
  /** Of the software, for people; empty where it is not told. */
  readonly version: string;
}

/** A peer and where it can be dialled, as another member tells it. */
export interface Member {
  readonly device: string;
  readonly addresses: readonly string[];
}

/** Throws a RangeError if `name` cannot be a device's name. */
export function checkName(name: string): void {
  if (v.safeParse(nameSchema, name).success) return;
  throw new RangeError(
    `"${name.slice(0, 80)}" cannot be a device's name: use 1 to ${MAX_NAME_LENGTH} printable characters.`,
  );
}

/**
 * Reads a hello. Of another protocol version only the number is looked at: the rest may have changed. Throws a
 * FrameError if it is none.
 */
export function readHello(payload: Uint8Array, version: number): Hello {
  const json = readJson("hello", payload);
  const { protocol } = validate("hello", versionSchema, json);
  if (protocol !== version) return { protocol, name: "", version: "" };
  return { protocol, ...validate("hello", helloSchema, json) };
}

/** Reads a goodbye: the reason. Throws a FrameError if it is none. */
export function readGoodbye(payload: Uint8Array): string {
  return validate("goodbye", goodbyeSchema, readJson("goodbye", payload)).reason;
}

/** Reads a list of members. Throws a FrameError if it is none. */
export function readMembers(payload: Uint8Array): readonly Member[] {
  return validate("members", membersSchema, readJson("members", payload));
}

/** Reads a change of the key; whether it is genuine is another matter. Throws a FrameError if it is none. */
export function readChange(payload: Uint8Array): KeyChange {
  return validate("change", KeyChange, readJson("change", payload));
}

/** Reads the number of a ping or pong. Throws a FrameError if it is none. */
export function readBeat(kind: Kind, payload: Uint8Array): number {
  if (payload.length !== 4) throw new FrameError(`a ${kind} frame of ${payload.length} bytes instead of 4`);
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
}

/** Writes the number of a ping or pong. */
export function writeBeat(number: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, number, true);
  return payload;
}

/** Writes a hello, goodbye, list of members or change of the key. */
export function writeJson(message: Hello | { readonly reason: string } | readonly Member[] | KeyChange): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

function readJson(kind: Kind, payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch (cause) {
    throw new FrameError(`a ${kind} frame that is no JSON`, { cause });
  }
}

function validate<T>(kind: Kind, schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new FrameError(`a ${kind} frame whose content is wrong: ${result.issues[0].message}`);
}
