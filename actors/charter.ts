/**
 * The charter: which models the mesh is to serve, how, and on which split. It outlives every device: all of them keep it on
 * disk, and whoever comes back goes on by it. It is numbered and signed by the device that led when it was changed, so that
 * of two the later counts, and none can be made in another's name.
 */
import * as v from "valibot";
import { ServingPolicy, Split } from "./leader/policy.ts";
import { Holder, MAX_HOLDERS } from "./recall.ts";
import { Count, Identifier, Sha256, ShortText } from "./wire.ts";

/** Models that a mesh may mean to serve at once. */
export const MAX_CHARTER_MODELS = 16;
/** Characters of a charter as it is signed: names of devices that take part are most of it. */
export const MAX_CHARTER_LENGTH = 256 * 1024;
/** Changes are made by people: a number so far ahead was made up, and would leave no room above it. */
const MAX_JUMP = 1000;
const MAX_NUMBER = 2 ** 40;

/** A model that is to be served. */
export const CharteredModel = v.object({
  id: Sha256,
  name: ShortText,
  policy: ServingPolicy,
  /** The split that people asked for; absent: it is left to the planner. */
  split: v.optional(Split),
});
export type CharteredModel = v.InferOutput<typeof CharteredModel>;

const Content = v.object({
  /** Counts changes. */
  number: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_NUMBER)),
  /** The term in which it was changed: where both sides of a network that was split have changed it, the later term counts. */
  term: Count,
  /** Those to be served, the one that was asked for last first. */
  models: v.pipe(
    v.array(CharteredModel),
    v.maxLength(MAX_CHARTER_MODELS),
    v.check((models) => new Set(models.map(({ id }) => id)).size === models.length, "a model is named twice"),
  ),
});

/** What a charter says, and who has signed it. */
export interface Charter extends v.InferOutput<typeof Content> {
  readonly by: string;
}

/** A charter as it travels and is kept: signed is the text, so that a device of another version can check what it passes on. */
export const SignedCharter = v.object({
  text: v.pipe(v.string(), v.maxLength(MAX_CHARTER_LENGTH)),
  by: Identifier,
  signature: v.pipe(v.string(), v.base64(), v.maxLength(128)),
});
export type SignedCharter = v.InferOutput<typeof SignedCharter>;

/** What a device keeps from one start to the next: the charter, and who had which blocks when it was last heard. */
export const KeptCharter = v.object({
  charter: SignedCharter,
  holders: v.pipe(
    v.array(v.object({ model: Sha256, holders: v.pipe(v.array(Holder), v.maxLength(MAX_HOLDERS)) })),
    v.maxLength(MAX_CHARTER_MODELS),
  ),
});
export type KeptCharter = v.InferOutput<typeof KeptCharter>;

/** Signs for this device, and knows whom to believe. */
export interface Notary {
  /** A signature of these bytes by this device's identity, in base64. */
  sign(bytes: Uint8Array): Promise<string>;
  /** Whether that is a device's signature of these bytes. */
  isSigned(device: string, bytes: Uint8Array, signature: string): Promise<boolean>;
  /** Whether a device is known here as one of the mesh, itself included, and has not been put out of it. */
  isMember(device: string): boolean;
}

/** How a device keeps to what the mesh has agreed on. */
export interface CharterOptions {
  readonly notary: Notary;
  /** What was kept, as it was read: its signature has been checked. Absent: nothing, or it is not to be taken up. */
  readonly kept?: KeptCharter | undefined;
  /** The number of what was kept, taken up or not: the next one is above it. Default: 0. */
  readonly floor?: number;
  /** Keeps it, in one step; whether that worked is its own concern. */
  readonly keep: (kept: KeptCharter) => void;
}

/** Reads what a signed charter says. @throws {ValiError} where that is nothing that a charter says */
export function readCharter({ text, by }: SignedCharter): Charter {
  return { ...v.parse(v.pipe(v.string(), v.parseJson(), Content), text), by };
}

/** Signs a charter for this device. @throws {RangeError} where it is too long to be kept */
export async function signCharter({ number, term, models, by }: Charter, notary: Notary): Promise<SignedCharter> {
  const text = JSON.stringify({ number, term, models });
  if (text.length > MAX_CHARTER_LENGTH) {
    throw new RangeError(
      `What the mesh is to serve has ${text.length} characters; at most ${MAX_CHARTER_LENGTH} are kept.`,
    );
  }
  return { text, by, signature: await notary.sign(signedBytes(text, by)) };
}

/** Whether a charter is what the device that it names has signed. */
export async function isGenuine({ text, by, signature }: SignedCharter, notary: Notary): Promise<boolean> {
  return await notary.isSigned(by, signedBytes(text, by), signature);
}

/**
 * Whether a charter takes the place of the one that is known: it is later, or among equals of a later term, or
 * its signer's id is smaller. One
 * that was signed by a device that is no member, or is no more, is never believed, and gives way to any other.
 */
export function supersedes(
  charter: Pick<Charter, "number" | "term" | "by">,
  current: Pick<Charter, "number" | "term" | "by"> | undefined,
  isMember: Notary["isMember"],
): boolean {
  if (!isMember(charter.by)) return false;
  // What a device has signed that was put out meanwhile stands until another one is heard of, be it older.
  if (current === undefined || !isMember(current.by)) return true;
  if (charter.number === current.number) {
    return charter.term > current.term || (charter.term === current.term && charter.by < current.by);
  }
  return charter.number > current.number && charter.number <= current.number + MAX_JUMP;
}

function signedBytes(text: string, by: string): Uint8Array {
  return new TextEncoder().encode(`skein charter\n${by}\n${text}`);
}
