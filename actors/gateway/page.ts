/** The page that a daemon serves for people: files as they are, and what a browser may do with them. */
import type { Hono } from "hono";

/** A file of the page. */
export interface PageFile {
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The files of the page, by the path of their URL. A fixed list: what is not on it is not there. */
export interface PageFiles {
  readonly paths: readonly string[];
  read(path: string): Promise<PageFile>;
}

/** Of a daemon without a page. */
export const NO_PAGE: PageFiles = { paths: [], read: (path) => Promise.reject(new Error(`There is no ${path}.`)) };

/** The page runs its own files and speaks to its own daemon: nothing is fetched from, sent to or shown within others. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // Text becomes elements in one place: DOMPurify's.
  "require-trusted-types-for 'script'",
  "trusted-types dompurify",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  // After an update of the daemon its page is the new one.
  "cache-control": "no-cache",
};

/** Adds a route for each file; HEAD comes with GET. */
export function addPage(app: Hono, page: PageFiles): void {
  for (const path of page.paths) {
    app.get(path, async () => {
      const { bytes, contentType } = await page.read(path);
      return new Response(bytes, { headers: { ...HEADERS, "content-type": contentType } });
    });
  }
}

/** Whether a request is for a file of the page: those hold no secret, and a browser that opens them has no key to show yet. */
export function isForPage({ paths }: PageFiles, method: string, path: string): boolean {
  return (method === "GET" || method === "HEAD") && paths.includes(path);
}
