/** Takes out of a text what lets somebody in. Nothing that is logged should have it; this is for what nobody thought of. */

const SECRETS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  // Of any version, in groups or not.
  [/\bskein\d+-[A-Za-z0-9-]{8,}/gi, "[invite]"],
  [/\bsk-[0-9a-f]{16,}/gi, "[key]"],
  [/\bhf_[A-Za-z0-9]{8,}/g, "[token]"],
  [/\bBearer\s+[^\s"']+/gi, "Bearer [key]"],
  // A name and password, or a signed download.
  [/(\bhttps?:\/\/)[^\s/@]+@/gi, "$1[…]@"],
  [/([?&](?:X-Amz-Signature|Signature|token|key|sig)=)[^\s&"']+/gi, "$1[…]"],
];

/** The text without them. */
export function redact(text: string): string {
  return SECRETS.reduce((clean, [pattern, instead]) => clean.replaceAll(pattern, instead), text);
}
