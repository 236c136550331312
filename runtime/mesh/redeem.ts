/** Taking an invite: the mesh's key, in exchange for its secret, from the device that made it. */
import { errorText } from "../error-text.ts";
import { AdmissionError, type Grant } from "./admission.ts";
import { fromBase64, type KeyChange } from "./change.ts";
import { readIdentity } from "./identity.ts";
import { type Invite, InviteError } from "./invite.ts";
import { knock } from "./knock.ts";
import { passKey } from "./proof.ts";
import { WrongKeyError } from "./protector.ts";

/** What an invite was good for. */
export interface Entry {
  /** The mesh key, 32 bytes. */
  readonly key: Uint8Array;
  /** The latest change of it; undefined where there has been none. */
  readonly change: KeyChange | undefined;
  /** Multiaddrs of members. */
  readonly addresses: readonly string[];
}

/**
 * Takes an invite as the device of an identity: asks at its addresses, one after another.
 * @throws {InviteError} that says why it is not taken: nobody there, used, expired, or this device was put out.
 */
export async function redeemInvite(invite: Invite, identity: Uint8Array, now: number = Date.now()): Promise<Entry> {
  const privateKey = readIdentity(identity);
  const key = passKey(invite.secret, "invite");
  const silent: string[] = [];
  for (const address of invite.addresses) {
    try {
      return entryOf(await knock(address, key, privateKey));
    } catch (error) {
      if (error instanceof AdmissionError) {
        throw new InviteError(`The mesh does not let this device in: ${error.message}.`);
      }
      // The right device would know the invite: at this address is another one, or the invite is over.
      if (error instanceof WrongKeyError) throw new InviteError(overSentence(invite, now));
      silent.push(`${address}: ${errorText(error)}`);
    }
  }
  throw new InviteError(
    "Nobody answers at the invite's addresses: the device that made it must be on, and in reach of this one. " +
      `Tried ${silent.join("; ") || "none, as it has none"}.`,
  );
}

function entryOf({ key, change, addresses }: Grant): Entry {
  return { key: fromBase64(key), change, addresses };
}

function overSentence({ expiresAt }: Invite, now: number): string {
  const why = now >= expiresAt
    ? `it was good until ${new Date(expiresAt).toLocaleString()}`
    : "it has been used already, or the device that made it has been restarted since";
  return `This invite is not taken any more: ${why}. Ask a member for a new one (skein invite).`;
}
