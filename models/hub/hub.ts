/**
 * The Hugging Face hub, or a server that speaks like it (HF_ENDPOINT): what a repository has, and its files in the hub's own
 * cache, which other programs of this machine share. Only here does anything of Skein speak to the internet, and only when
 * a person has named a model that lies there.
 */
import { getHFHubCachePath, getRepoFolderName, HubApiError, listFiles, modelInfo } from "@huggingface/hub";
import { mkdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { errorText } from "../error-text.ts";
import { type Choice, chooseFiles, type HubFile } from "./choose.ts";
import { type Digest, download } from "./download.ts";
import { HubError, pause, persist, refuse, TransientError, type TryOptions } from "./http.ts";
import type { HubReference } from "./reference.ts";

/** Where the hub is, and who asks. */
export interface HubOptions {
  readonly url: string;
  readonly token: string | undefined;
  /** The hub's cache folder: `models--OWNER--NAME/{blobs,snapshots,refs}`. */
  readonly cache: string;
  readonly fetch: typeof fetch;
  readonly pause: TryOptions["pause"];
}

/** A model that a repository has, not fetched yet. */
export interface Listing {
  readonly repo: string;
  readonly commit: string;
  /** As the repository's tags name it, such as "apache-2.0". */
  readonly license: string | undefined;
  readonly choice: Choice;
  readonly bytes: number;
  /** Bytes of it that are here already. */
  readonly hereBytes: number;
}

/** As the environment says, by the names that all of the hub's tools read. */
export async function hubFromEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<HubOptions> {
  const home = env["HF_HOME"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "huggingface");
  const stored = await readFile(env["HF_TOKEN_PATH"] ?? join(home, "token"), "utf8").catch(() => "");
  const token = env["HF_TOKEN"] ?? stored.trim();
  return {
    url: hubUrl(env),
    token: token === "" ? undefined : token,
    cache: env["HF_HUB_CACHE"] ?? (env === process.env ? getHFHubCachePath() : join(home, "hub")),
    fetch,
    pause,
  };
}

/** The hub's address. */
export function hubUrl(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return (env["HF_ENDPOINT"] ?? "https://huggingface.co").replace(/\/+$/, "");
}

/** What a reference stands for. @throws {HubError} where there is no such thing, or it may not be seen. */
export async function lookUp(reference: HubReference, hub: HubOptions, signal: AbortSignal): Promise<Listing> {
  const { repo, revision } = reference;
  const what = `repository ${repo}${revision === "main" ? "" : ` at ${revision}`} on ${new URL(hub.url).host}`;
  const { commit, license, files } = await persist(() => askHub(reference, hub, what), () => 0, { ...hub, signal });
  const chosen = chooseFiles(files, reference);
  if (chosen.type === "none") throw new HubError(`The ${what} cannot be used: ${chosen.reason}.`);
  const { choice } = chosen;
  let hereBytes = 0;
  for (const file of choice.files) {
    const blob = blobPath(hub, repo, file);
    const size = async (path: string) => await stat(path).then((found) => found.size, () => 0);
    hereBytes += await size(blob) || await size(`${blob}.incomplete`);
  }
  return { repo, commit, license, choice, bytes: choice.files.reduce((sum, { bytes }) => sum + bytes, 0), hereBytes };
}

async function askHub({ repo, revision }: HubReference, hub: HubOptions, what: string) {
  const common = {
    hubUrl: hub.url,
    fetch: hub.fetch,
    revision,
    ...(hub.token === undefined ? {} : { accessToken: hub.token }),
  };
  try {
    const info = await modelInfo({ ...common, name: repo, additionalFields: ["sha", "tags"] });
    const files: HubFile[] = [];
    for await (
      const { type, path, size, lfs, oid } of listFiles({ ...common, repo, revision: info.sha, recursive: true })
    ) {
      if (type !== "file" || path.split("/").includes("..")) continue;
      files.push({
        path,
        bytes: size,
        ...(lfs !== undefined ? { sha256: lfs.oid } : oid !== undefined ? { gitOid: oid } : {}),
      });
    }
    const license = info.tags?.find((tag) => tag.startsWith("license:"))?.slice("license:".length);
    return { commit: info.sha, license, files };
  } catch (error) {
    if (error instanceof HubApiError) refuse(error.statusCode, what, new Headers(), `${hub.url}/${repo}`);
    // A token of another form is refused before anything is asked.
    if (error instanceof TypeError && /token/i.test(error.message)) throw new HubError(`HF_TOKEN: ${error.message}.`);
    throw new TransientError(`The ${what} could not be asked: ${errorText(error)}`, { cause: error });
  }
}

/**
 * Fetches what is not here yet. Returns the path of what is to be compiled: the GGUF file (its first part), or the folder.
 * `onProgress` is told of bytes of all files together. @throws {HubError}
 */
export async function fetchModel(
  { repo, commit, choice }: Listing,
  hub: HubOptions,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (doneBytes: number) => void },
): Promise<string> {
  const snapshot = join(repoFolder(hub, repo), "snapshots", commit);
  let before = 0;
  for (const file of choice.files) {
    const blob = blobPath(hub, repo, file);
    const here = await stat(blob).then(({ size }) => size === file.bytes, () => false);
    if (!here) {
      await download({
        url: `${hub.url}/${repo}/resolve/${commit}/${file.path.split("/").map(encodeURIComponent).join("/")}`,
        headers: hub.token === undefined ? {} : { authorization: `Bearer ${hub.token}` },
        what: `${file.path} of ${repo}`,
        path: blob,
        bytes: file.bytes,
        digest: digestOf(file),
        fetch: hub.fetch,
        pause: hub.pause,
        signal,
        onProgress: (done) => onProgress(before + done),
      });
    }
    onProgress(before += file.bytes);
    await link(blob, join(snapshot, file.path));
  }
  return choice.kind === "folder" ? snapshot : join(snapshot, choice.files[0]?.path ?? "");
}

function digestOf({ sha256, gitOid }: HubFile): Digest | undefined {
  if (sha256 !== undefined) return { algorithm: "sha256", hex: sha256 };
  return gitOid === undefined ? undefined : { algorithm: "git-blob", hex: gitOid };
}

function repoFolder({ cache }: HubOptions, repo: string): string {
  return join(cache, getRepoFolderName({ name: repo, type: "model" }));
}

/** Blobs are named by the hub's own hash of them. */
function blobPath(hub: HubOptions, repo: string, { sha256, gitOid, path }: HubFile): string {
  const name = sha256 ?? gitOid;
  if (name === undefined || !/^[0-9a-f]{40,64}$/.test(name)) {
    throw new HubError(`The hub lists no hash for ${path} of ${repo}.`);
  }
  return join(repoFolder(hub, repo), "blobs", name);
}

async function link(blob: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await symlink(relative(dirname(path), blob), path);
}
