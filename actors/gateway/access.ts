/**
 * Who may use the API. Without a key: programs of this machine. A web page in this machine's browser reaches loopback too, so
 * pages are let in by their origin: those that this machine serves itself, and those that the owner has named. Pure.
 */

export interface AccessPolicy {
  /** What every request must carry, `Authorization: Bearer KEY`. Without one the API must listen on loopback only. */
  readonly key?: string | undefined;
  /** Origins of pages that may use the API, such as "https://chat.example.org" or "app://obsidian.md"; "*" for any. */
  readonly origins: readonly string[];
}

/** What counts of a request. */
export interface Approach {
  readonly host: string | null;
  readonly origin: string | null;
  readonly authorization: string | null;
}

export type Access =
  | { readonly type: "granted" }
  | { readonly type: "refused"; readonly status: 401 | 403; readonly code: string; readonly message: string };

/** Whether a request is let in, and why not. */
export function accessOf(policy: AccessPolicy, { host, origin, authorization }: Approach): Access {
  // Behind a key the daemon's own page is opened by any name that leads here; who rebinds a name has no key.
  const own = policy.key !== undefined && host !== null && URL.parse(origin ?? "")?.host === host;
  if (origin !== null && !own && !mayRead(policy, origin)) {
    const message = `Pages of ${
      origin.slice(0, 200)
    } may not use this API. Start the daemon with --api-origin to let them.`;
    return { type: "refused", status: 403, code: "forbidden_origin", message };
  }
  if (policy.key !== undefined) {
    if (bearerIs(policy.key, authorization)) return { type: "granted" };
    const message =
      'This API asks for its key: "Authorization: Bearer KEY". It is in the file api.key of the data folder.';
    return { type: "refused", status: 401, code: "invalid_api_key", message };
  }
  // A page whose own name was made to resolve to 127.0.0.1 (DNS rebinding) carries that name as Host.
  if (host === null || isLoopback(`http://${host}`)) return { type: "granted" };
  const message = `This API answers to localhost, not to ${host.slice(0, 200)}. ` +
    "Start the daemon with --api-key to reach it by other names.";
  return { type: "refused", status: 403, code: "forbidden_host", message };
}

/** Whether the pages of an origin may read answers. */
export function mayRead({ origins }: AccessPolicy, origin: string): boolean {
  return isLoopback(origin) || origins.some((allowed) => allowed === "*" || allowed === origin);
}

/** Compares in a time that does not depend on where the first difference is. */
export function bearerIs(key: string, authorization: string | null): boolean {
  const [given, wanted] = [authorization?.replace(/^Bearer /i, "") ?? "", key].map((text) => {
    return new TextEncoder().encode(text);
  }) as [Uint8Array, Uint8Array];
  let differences = given.length ^ wanted.length;
  for (let at = 0; at < wanted.length; at++) differences |= (given[at] ?? 0) ^ (wanted[at] ?? 0);
  return differences === 0;
}

function isLoopback(url: string): boolean {
  try {
    const { hostname } = new URL(url);
    return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" ||
      /^127(\.\d{1,3}){3}$/.test(hostname);
  } catch {
    return false;
  }
}
