/** The part of the API by which a mesh's owner sees who is in it, lets devices in and puts them out. */
import type { Hono } from "hono";
import { errorText } from "../../runtime/error-text.ts";
import { type MemberView, routes } from "./api.ts";
import type { ApiOptions } from "./api-options.ts";
import { readBy } from "./body.ts";
import { requireOwner } from "./owner.ts";
import { RequestError } from "./request-error.ts";

/** Adds the routes. */
export function addMembers(app: Hono, options: ApiOptions): void {
  const { members } = options;
  app.get(routes.devices.path, (context) => context.json({ devices: viewsOf(options) }));
  app.post(routes.ways.path, async (context) => {
    requireOwner(context, members, "has it dial others");
    const { device } = await readBy(context.req.raw, routes.ways, 'The device that is meant is {"device": ID}.');
    return context.json(await members.waysTo(device));
  });
  app.post(routes.invite.path, async (context) => {
    requireOwner(context, members, "lets devices in and puts them out");
    const asked = await readBy(
      context.req.raw,
      routes.invite,
      'An invite is {"lifetimeMs": MILLISECONDS, "uses": N}, or {}.',
    );
    return context.json({ invite: refusing(() => members.invite(asked)) });
  });
  app.post(routes.forget.path, async (context) => {
    requireOwner(context, members, "lets devices in and puts them out");
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

function refusing<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) throw new RequestError(400, "invalid_request", errorText(error));
    throw error;
  }
}
