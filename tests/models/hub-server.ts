/** A server that speaks like the Hugging Face hub: its routes, redirects, ranges, and what goes wrong there. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How the server answers requests for files; each is used up by one. */
export type Mishap =
  | { readonly type: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** The connection ends after so many bytes. */
  | { readonly type: "cut"; readonly after: number }
  /** Other bytes than those that are listed. */
  | { readonly type: "wrong" };

export interface HubServer extends AsyncDisposable {
  readonly url: string;
  /** Requests for files, in order: path, range, and whether the token was right. */
  readonly asked: { readonly path: string; readonly range: string | undefined; readonly token: string | undefined }[];
  readonly mishaps: Mishap[];
}

export interface HubServerOptions {
  readonly repo: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Who does not bring it gets 401. */
  readonly token?: string;
}

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";
/** Files above this many bytes are listed with their SHA-256, as large ones are on the hub. */
export const LARGE = 1000;

/** Starts the server. */
export async function startHub({ repo, files, token }: HubServerOptions): Promise<HubServer> {
  const asked: HubServer["asked"] = [];
  const mishaps: Mishap[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const given = request.headers.authorization?.replace("Bearer ", "");
    const path = decodeURIComponent(url.pathname);
    if (path.startsWith("/cdn/")) return serve(path.slice("/cdn/".length), request, response);
    if (token !== undefined && given !== token) return json(response, 401, { error: "Invalid username or password." });
    if (path.startsWith(`/api/models/${repo}/revision/`)) return json(response, 200, infoOf(repo));
    if (path.startsWith(`/api/models/${repo}/tree/${COMMIT}`)) return json(response, 200, treeOf(files));
    const file = path.match(`^/${repo}/resolve/${COMMIT}/(.+)$`)?.[1];
    if (file === undefined) return json(response, 404, { error: "Repository not found" });
    asked.push({ path: file, range: request.headers.range, token: given });
    // Large files lie on another host in truth.
    response.writeHead(302, { location: `/cdn/${file}` }).end();
  });
  function serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    const bytes = files[path];
    if (bytes === undefined) return json(response, 404, {});
    const mishap = mishaps.shift();
    if (mishap?.type === "status") return void response.writeHead(mishap.status, { ...mishap.headers }).end();
    const from = Number(request.headers.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
    const body = mishap?.type === "wrong" ? bytes.map((byte) => byte ^ 1) : bytes;
    const part = body.subarray(from);
    const range = from > 0 ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { "content-length": part.length, "accept-ranges": "bytes", ...range });
    if (mishap?.type !== "cut") return void response.end(part);
    response.write(part.subarray(0, mishap.after), () => setTimeout(() => response.destroy(), 20));
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    mishaps,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function infoOf(repo: string): object {
  return {
    ...{ _id: "1", id: repo, private: false, gated: false, downloads: 1, likes: 1 },
    ...{ lastModified: "2026-01-01T00:00:00.000Z", sha: COMMIT, tags: ["gguf", "license:apache-2.0"] },
  };
}

function treeOf(files: Readonly<Record<string, Uint8Array>>): object[] {
  return Object.entries(files).map(([path, bytes]) => {
    const hex = (algorithm: string, ...parts: readonly (string | Uint8Array)[]) => {
      const hash = createHash(algorithm);
      for (const part of parts) hash.update(part);
      return hash.digest("hex");
    };
    const oid = hex("sha1", `blob ${bytes.length}\0`, bytes);
    const lfs = { oid: hex("sha256", bytes), size: bytes.length, pointerSize: 130 };
    return { type: "file", path, size: bytes.length, oid, ...(bytes.length > LARGE ? { lfs } : {}) };
  });
}
