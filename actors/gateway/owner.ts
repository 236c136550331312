/** What only the owner of the daemon's data folder may do. */
import type { Context } from "hono";
import { bearerIs } from "./access.ts";
import { type Members, OWNER_HEADER } from "./members.ts";
import { RequestError } from "./request-error.ts";

/**
 * Turns away who cannot show the owner's key: the API itself is open to every user of the machine.
 * @throws {RequestError} 403 which says that only the owner `does` that
 */
export function requireOwner(context: Context, { ownerKey }: Pick<Members, "ownerKey">, does: string): void {
  if (bearerIs(ownerKey, context.req.header(OWNER_HEADER) ?? null)) return;
  throw new RequestError(403, "not_the_owner", `Only the owner of this daemon's data folder ${does}.`);
}
