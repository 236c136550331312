/** How people name a model: a path, a name of the list, a repository of the Hugging Face hub, or an address. Pure. */
import { catalog } from "./catalog.ts";

export type ModelReference =
  /** A file or folder of this machine. */
  | { readonly type: "path"; readonly path: string }
  | HubReference
  /** A GGUF file anywhere else. */
  | { readonly type: "url"; readonly url: string };

/** Files of a repository of the hub. */
export interface HubReference {
  readonly type: "hub";
  /** OWNER/NAME. */
  readonly repo: string;
  /** A branch, tag or commit. */
  readonly revision: string;
  /** Which of the repository's GGUF files, by how its weights are stored, such as "Q4_K_M"; undefined for the best choice. */
  readonly quantization: string | undefined;
  /** Which file, where it was named itself. */
  readonly file: string | undefined;
}

/** What was given names no model; the message says what would. */
export class ModelReferenceError extends Error {
  override readonly name = "ModelReferenceError";
}

const REPO = /^[\w.-]{1,96}\/[\w.-]{1,96}$/;
const HUB_PATH = /^\/([\w.-]+\/[\w.-]+)(?:\/(?:resolve|blob|tree)\/([^/]+)(?:\/(.+))?)?\/?$/;

/** Reads what a person wrote behind `--model`. @throws {ModelReferenceError} */
export function parseModelReference(text: string, hubUrl: string): ModelReference {
  if (text.startsWith("hf:")) return hubReference(text.slice("hf:".length), text);
  const known = Object.hasOwn(catalog, text.toLowerCase()) ? catalog[text.toLowerCase()] : undefined;
  if (known !== undefined) return hubReference(known.source, text);
  if (!/^https?:\/\//i.test(text)) return { type: "path", path: text };
  const url = URL.parse(text);
  if (url === null) throw new ModelReferenceError(`${shown(text)} is no address.`);
  return url.origin === new URL(hubUrl).origin ? hubAddress(url, text) : fileAddress(url, text);
}

/** OWNER/NAME[@REVISION][:QUANTIZATION] */
function hubReference(source: string, text: string): HubReference {
  const [, repo = "", revision = "main", quantization] = source.match(/^([^@:]+)(?:@([^:]+))?(?::(\w+))?$/) ?? [];
  if (!REPO.test(repo) || repo.includes("..")) {
    throw new ModelReferenceError(
      `${shown(text)} names no repository; write hf:OWNER/NAME, or hf:OWNER/NAME:Q4_K_M for one of its files.`,
    );
  }
  return { type: "hub", repo, revision, quantization: quantization?.toUpperCase(), file: undefined };
}

/** An address of the hub's own, as browsers show it. */
function hubAddress(url: URL, text: string): HubReference {
  const [, repo, revision = "main", file] = url.pathname.match(HUB_PATH) ?? [];
  if (repo === undefined) throw new ModelReferenceError(`${shown(text)} is no address of a model.`);
  const decoded = file === undefined ? undefined : decodeURIComponent(file);
  return { type: "hub", repo, revision: decodeURIComponent(revision), quantization: undefined, file: decoded };
}

function fileAddress(url: URL, text: string): ModelReference {
  if (/\.gguf$/i.test(url.pathname)) return { type: "url", url: url.href };
  throw new ModelReferenceError(`${shown(text)} is no GGUF file: its address must end in .gguf.`);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
