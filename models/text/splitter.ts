/** Finds added tokens in a text. */
import type { AddedToken } from "./bundle.ts";

/** A stretch of text, or the id of the token found between two. */
export type Part = string | number;

/**
 * Returns a function that cuts a text at every one of `tokens`: from left to right, the longest that fits. Empty
 * stretches are left out. A token with `lstrip` or `rstrip` swallows the white space on that side.
 */
export function createSplitter(tokens: readonly AddedToken[]): (text: string) => Part[] {
  if (tokens.length === 0) return (text) => text === "" ? [] : [text];
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const expression = new RegExp(longestFirst.map(escape).join("|"), "g");
  return (text) => {
    const parts: Part[] = [];
    let start = 0;
    let strip = false;
    const push = (stretch: string) => {
      const kept = strip ? stretch.trimStart() : stretch;
      if (kept !== "") parts.push(kept);
    };
    for (const match of text.matchAll(expression)) {
      const token = byContent.get(match[0]);
      if (token === undefined) continue;
      const before = text.slice(start, match.index);
      push(token.lstrip === true ? before.trimEnd() : before);
      parts.push(token.id);
      strip = token.rstrip === true;
      start = match.index + match[0].length;
    }
    push(text.slice(start));
    return parts;
  };
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
