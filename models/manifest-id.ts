import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Manifest } from "./manifest.ts";

/** The id of a manifest: SHA-256 of its canonical JSON (keys sorted, no spaces) without the field `id`. */
export function manifestId(manifest: Omit<Manifest, "id">): string {
  const { id: _, ...content } = manifest as Manifest;
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(content))));
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined).sort(([a], [b]) => a < b ? -1 : 1);
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(",")}}`;
}
