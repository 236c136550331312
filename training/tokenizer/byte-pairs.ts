/** Byte-level byte-pair encoding, as GPT-2 does it: a trainer and an encoder for the built-in model's own vocabulary. */

/** GPT-2's way to cut text into words (`tokenizer.ggml.pre` "gpt-2"). */
const words = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Cuts a text into words, the space in front included. */
export function cutWords(text: string): string[] {
  return text.match(words) ?? [];
}

/** The letter that GPT-2's alphabet writes each byte as. */
export const letterOfByte: readonly string[] = (() => {
  let unprintable = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(printable ? byte : 256 + unprintable++);
  });
})();

/** Writes a word's UTF-8 in GPT-2's alphabet. */
export function lettersOf(word: string): string[] {
  return Array.from(new TextEncoder().encode(word), (byte) => letterOfByte[byte] ?? "");
}

/**
 * Learns merges from words and how often each occurs: again and again the most frequent pair becomes a token, until there
 * are `count` merges or no pair occurs twice. Of equally frequent pairs the first in code point order wins.
 */
export function trainBytePairs(counts: ReadonlyMap<string, number>, count: number): [string, string][] {
  const entries = [...counts].map(([word, times]) => ({ parts: lettersOf(word), times }));
  const merges: [string, string][] = [];
  while (merges.length < count) {
    const pairs = new Map<string, number>();
    for (const { parts, times } of entries) {
      for (let i = 1; i < parts.length; i++) {
        const pair = `${parts[i - 1]} ${parts[i]}`;
        pairs.set(pair, (pairs.get(pair) ?? 0) + times);
      }
    }
    let best = "";
    let most = 1;
    for (const [pair, times] of pairs) {
      if (times > most || (times === most && times > 1 && pair < best)) [best, most] = [pair, times];
    }
    if (best === "") break;
    const [left = "", right = ""] = best.split(" ");
    merges.push([left, right]);
    for (const entry of entries) entry.parts = join(entry.parts, left, right);
  }
  return merges;
}

/** Joins each `left` that a `right` follows. */
function join(parts: string[], left: string, right: string): string[] {
  if (!parts.some((part, i) => part === left && parts[i + 1] === right)) return parts;
  const joined: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] === left && parts[i + 1] === right) joined.push(left + parts[++i]);
    else joined.push(parts[i] ?? "");
  }
  return joined;
}

/** Returns a function that turns a text without control tokens into token ids. Words are remembered. */
export function createEncoder(
  vocab: Readonly<Record<string, number>>,
  merges: readonly (readonly [string, string])[],
): (text: string) => number[] {
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  const known = new Map<string, number[]>();
  function encodeWord(word: string): number[] {
    let parts = lettersOf(word);
    for (;;) {
      let best = Infinity;
      let at = -1;
      for (let i = 1; i < parts.length; i++) {
        const rank = ranks.get(`${parts[i - 1]} ${parts[i]}`) ?? Infinity;
        if (rank < best) [best, at] = [rank, i];
      }
      if (at < 0) break;
      parts = join(parts, parts[at - 1] ?? "", parts[at] ?? "");
    }
    return parts.map((part) => {
      const id = vocab[part];
      if (id === undefined) throw new RangeError(`Cannot encode "${word}": the vocabulary has no token "${part}"`);
      return id;
    });
  }
  return (text) =>
    cutWords(text).flatMap((word) => {
      let ids = known.get(word);
      if (ids === undefined) {
        ids = encodeWord(word);
        if (known.size < 100_000) known.set(word, ids);
      }
      return ids;
    });
}
