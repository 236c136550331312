/**
 * How a device that does not hold the mesh's key comes by it: it shows a pass at a member's door (an invite's secret, or the
 * key of before), says who it is and proves it, and is given the key, or told why not. Nothing else can be done with a pass.
 */
import * as v from "valibot";
import type { PrivateKey } from "@libp2p/interface";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { fromBase64, isSigned, KeyChange, toBase64 } from "./change.ts";
import { MAX_ADDRESS_LENGTH, MAX_PEERS } from "./limits.ts";
import { type ByteStream, seal } from "./sealed.ts";

/** What opens a door once, and for whom. */
export interface Pass {
  /** 32 bytes, see `passKey`. */
  readonly key: Uint8Array;
  /** Why a device may not have the mesh's key by this pass, or undefined. */
  objection(device: string): string | undefined;
  /** The pass has been used by a device. */
  used(device: string): void;
}

/** What a device is given. */
export const Grant = v.object({
  type: v.literal("granted"),
  /** The mesh key. */
  key: v.pipe(v.string(), v.base64(), v.maxLength(64)),
  /** The change that it comes from; absent where there has been none. */
  change: v.optional(KeyChange),
  /** Where members may be met. */
  addresses: v.pipe(v.array(v.pipe(v.string(), v.maxLength(MAX_ADDRESS_LENGTH))), v.maxLength(4 * MAX_PEERS)),
});
export type Grant = v.InferOutput<typeof Grant>;

const Answer = v.variant("type", [
  Grant,
  v.object({ type: v.literal("refused"), reason: v.pipe(v.string(), v.maxLength(300)) }),
]);
const Request = v.object({
  device: v.pipe(v.string(), v.maxLength(100)),
  signature: v.pipe(v.string(), v.base64(), v.maxLength(128)),
});

/** The mesh does not let this device in; the message is the member's reason. */
export class AdmissionError extends Error {
  override readonly name = "AdmissionError";
}

/** A member's side: hears who shows a pass, and gives what `grant` makes. @throws where that is nobody that may have it. */
export async function admit(stream: ByteStream, pass: Pass, proven: Uint8Array, grant: () => Grant): Promise<void> {
  const sealed = await seal(stream, "host", { secret: pass.key, proven });
  const { device, signature } = v.parse(Request, await sealed.receive());
  if (!await isSigned(device, signedBy(sealed.transcript), fromBase64(signature))) {
    throw new AdmissionError(`who showed a pass is not ${device}`);
  }
  const reason = pass.objection(device);
  if (reason !== undefined) return await sealed.send({ type: "refused", reason });
  // First, so that two at once do not both get in by a pass for one.
  pass.used(device);
  await sealed.send(grant());
}

/** The newcomer's side: says who it is, and returns what it is given. @throws {AdmissionError} with the member's reason. */
export async function askAdmission(
  stream: ByteStream,
  { key, proven, identity }: { readonly key: Uint8Array; readonly proven: Uint8Array; readonly identity: PrivateKey },
): Promise<Grant> {
  const sealed = await seal(stream, "newcomer", { secret: key, proven });
  const signature = toBase64(await identity.sign(signedBy(sealed.transcript)));
  await sealed.send({ device: peerIdFromPrivateKey(identity).toString(), signature });
  const answer = v.parse(Answer, await sealed.receive());
  if (answer.type === "refused") throw new AdmissionError(answer.reason);
  return answer;
}

function signedBy(transcript: Uint8Array): Uint8Array {
  return new Uint8Array([...new TextEncoder().encode("skein admission "), ...transcript]);
}
