/** The part of the API by which a mesh's owner sees who is in it, lets devices in and puts them out. */
import type { Context, Hono } from "hono";
import { errorText } from "../../runtime/error-text.ts";
import { bearerIs } from "./access.ts";
import { type MemberView, routes } from "./api.ts";
import type { ApiOptions } from "./api-options.ts";
import { readBy } from "./body.ts";
import { type Members, OWNER_HEADER } from "./members.ts";
import { RequestError } from "./request-error.ts";

/** Adds the routes. */
export function addMembers(app: Hono, options: ApiOptions): void {
  const { members } = options;
  app.get(routes.devices.path, (context) => context.json({ devices: viewsOf(options) }));
  app.post(routes.invite.path, async (context) => {
    requireOwner(context, members);
    const asked = await readBy(
      context.req.raw,
      routes.invite,
      'An invite is {"lifetimeMs": MILLISECONDS, "uses": N}, or {}.',
    );
    return context.json({ invite: refusing(() => members.invite(asked)) });
  });
  app.post(routes.forget.path, async (context) => {
    requireOwner(context, members);
    const { device } = await readBy(context.req.raw, routes.forget, 'Whom to forget is {"device": ID}.');
    await Promise.resolve(refusing(() => members.forget(device)));
    return context.json({ forgotten: device });
  });
}

function viewsOf({ device, name, peers, members }: ApiOptions): MemberView[] {
  const here = new Set(peers().map((peer) => peer.device));
  return [
    { device, name, version: members.version, self: true, here: true },
    ...members.devices().map((known) => ({ ...known, self: false, here: here.has(known.device) })),
  ];
}

/** The API itself is open to every user of the machine. */
function requireOwner(context: Context, { ownerKey }: Members): void {
  if (bearerIs(ownerKey, context.req.header(OWNER_HEADER) ?? null)) return;
  const message = "Only the owner of this daemon's data folder lets devices in and puts them out.";
  throw new RequestError(403, "not_the_owner", message);
}

function refusing<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) throw new RequestError(400, "invalid_request", errorText(error));
    throw error;
  }
}
