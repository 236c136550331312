/** The files of the daemon's page: the folder `page`, and the packages that run in it, by their place on the disk. */
import { readFile } from "node:fs/promises";
import type { PageFile, PageFiles } from "../gateway/page.ts";

const SCRIPT = "text/javascript; charset=utf-8";
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  js: SCRIPT,
};

/** Files of the folder `page`, which is served under its own name. */
const OWN = [
  "answering.js",
  "answers.js",
  "api.js",
  "borders.js",
  "chat.css",
  "chat.js",
  "composer.js",
  "connect.js",
  "conversations.js",
  "device.js",
  "event-stream.js",
  "events.js",
  "format.js",
  "icon.svg",
  "invite-code.js",
  "keeping.js",
  "key.js",
  "main.js",
  "markdown.js",
  "mesh.css",
  "mesh.js",
  "message.js",
  "settings.js",
  "snippets.js",
  "study.js",
  "style.css",
  "token-dot.js",
  "tokens.js",
  "waterfall.js",
];

/** What the page imports of packages: whole modules without imports of their own. */
const PACKAGES: Readonly<Record<string, string>> = {
  "/page/vendor/htm-preact.js": "htm/preact/standalone",
  "/page/vendor/marked.js": "marked",
  "/page/vendor/purify.js": "dompurify",
  "/page/vendor/uqr.js": "uqr",
};

/** Opens the page's files; each is read when it is asked for first, and kept. */
export function openPageFiles(): PageFiles {
  const places = new Map<string, string>([
    ["/", fileOf("index.html")],
    ...OWN.map((name) => [`/page/${name}`, fileOf(name)] as const),
    ...Object.entries(PACKAGES).map(([path, specifier]) => [path, import.meta.resolve(specifier)] as const),
  ]);
  const files = new Map<string, Promise<PageFile>>();
  return {
    paths: [...places.keys()],
    read(path) {
      const known = files.get(path);
      if (known !== undefined) return known;
      const file = readPageFile(places.get(path) ?? "");
      files.set(path, file);
      // A file that could not be read is tried again.
      file.catch(() => files.delete(path));
      return file;
    },
  };
}

async function readPageFile(place: string): Promise<PageFile> {
  const extension = place.slice(place.lastIndexOf(".") + 1);
  return { contentType: TYPES[extension] ?? SCRIPT, bytes: new Uint8Array(await readFile(new URL(place))) };
}

function fileOf(name: string): string {
  return new URL(`../../page/${name}`, import.meta.url).href;
}
