/**
 * SentencePiece byte-pair encoding with byte fallback, as in llama.cpp (`llm_tokenizer_spm_session` in
 * `src/llama-vocab.cpp`): the pair whose union has the highest score is merged first, the leftmost of equals. A
 * `tokenizer.json` cannot say that: its merges rank pairs, so equal unions and equal scores come out differently.
 */
import { type AddedToken, PIECE_TYPE, type SentencePieceVocabulary } from "./bundle.ts";
import { namedByte, NO_BYTES, type Vocabulary } from "./vocabulary.ts";

const SPACE = "\u2581";

const utf8 = new TextEncoder();

/** Two neighbours that make a piece together. Positions are those of their first characters. */
interface Bigram {
  readonly score: number;
  readonly left: number;
  readonly right: number;
  /** UTF-16 length of the union; it tells whether either side has changed since. */
  readonly length: number;
}

/** Makes a vocabulary of SentencePiece data. The ids `steering` are control tokens, whatever their type. */
export function createSentencePiece(data: SentencePieceVocabulary, steering: ReadonlySet<number>): Vocabulary {
  const { pieces, types, addSpacePrefix } = data;
  const sorted = sortPieces(data, steering);
  const { control, userDefined } = sorted;
  const controlIds = new Set(control.map((token) => token.id));

  function bytes(id: number): Uint8Array {
    const piece = pieces[id];
    const type = types[id];
    if (piece === undefined || type === PIECE_TYPE.unused) return NO_BYTES;
    if (type === PIECE_TYPE.byte) {
      const byte = namedByte(piece);
      return byte === undefined ? NO_BYTES : Uint8Array.of(byte);
    }
    const literal = type === PIECE_TYPE.userDefined || controlIds.has(id);
    return utf8.encode(literal ? piece : piece.replaceAll(SPACE, " "));
  }

  return {
    size: pieces.length,
    control,
    userDefined,
    longest: longestOf(sorted),
    stripLeadingSpace: addSpacePrefix,
    encode: (text) => encode(text, data, sorted),
    bytes,
  };
}

/** What the pieces are for. */
interface SortedPieces {
  /** Pieces that typed text may become. */
  readonly ids: ReadonlyMap<string, number>;
  readonly byteIds: ReadonlyMap<number, number>;
  readonly control: readonly AddedToken[];
  readonly userDefined: readonly AddedToken[];
  readonly unknown: number | undefined;
}

function sortPieces({ pieces, types }: SentencePieceVocabulary, steering: ReadonlySet<number>): SortedPieces {
  const ids = new Map<string, number>();
  const byteIds = new Map<number, number>();
  const control: AddedToken[] = [];
  const userDefined: AddedToken[] = [];
  let unknown: number | undefined;
  pieces.forEach((content, id) => {
    const type = types[id];
    const byte = type === PIECE_TYPE.byte ? namedByte(content) : undefined;
    if (type === PIECE_TYPE.unknown) unknown ??= id;
    if (byte !== undefined) byteIds.set(byte, id);
    else if (type === PIECE_TYPE.control || type === PIECE_TYPE.unknown || steering.has(id)) {
      if (content !== "") control.push({ id, content, special: true });
    } else if (type !== PIECE_TYPE.byte) {
      // Control pieces stay out of this map: no merging of typed text may end in one.
      ids.set(content, id);
      if (type === PIECE_TYPE.userDefined && content !== "") userDefined.push({ id, content });
    }
  });
  return { ids, byteIds, control, userDefined, unknown };
}

/** A character without a piece becomes bytes, or unknown ones; without either it vanishes. */
function longestOf({ ids, byteIds, unknown }: SortedPieces): number {
  if (byteIds.size < 256 && unknown === undefined) return Infinity;
  let longest = 1;
  for (const piece of ids.keys()) longest = Math.max(longest, piece.length);
  return longest;
}

function encode(text: string, data: SentencePieceVocabulary, { ids, byteIds, unknown }: SortedPieces): number[] {
  const { scores, types, addSpacePrefix } = data;
  const escaped = (addSpacePrefix ? SPACE : "") + text.replaceAll(" ", SPACE);
  const { lengths, halves } = merge(escaped, (piece) => {
    const id = ids.get(piece);
    return id === undefined ? undefined : scores[id];
  });
  const out: number[] = [];
  const emit = (piece: string): void => {
    const id = ids.get(piece);
    if (id !== undefined && types[id] !== PIECE_TYPE.unused) return void out.push(id);
    // An unused piece is only a step towards larger ones: what it was made of counts (sentencepiece, bpe_model.cc).
    const half = halves.get(piece);
    if (half !== undefined) {
      emit(piece.slice(0, half));
      return emit(piece.slice(half));
    }
    for (const byte of utf8.encode(piece)) {
      const fallback = byteIds.get(byte) ?? unknown;
      if (fallback !== undefined) out.push(fallback);
    }
  };
  for (let at = 0; at < escaped.length; at += lengths[at] ?? 1) emit(escaped.slice(at, at + (lengths[at] ?? 1)));
  return out;
}

/**
 * Merges neighbours until no union is a piece. Returns, for the position of each resulting piece, its length (all in
 * UTF-16 units), and for each piece that was made where its right half begins.
 */
function merge(text: string, scoreOf: (piece: string) => number | undefined) {
  const lengths = new Int32Array(text.length);
  const next = new Int32Array(text.length).fill(-1);
  const previous = new Int32Array(text.length).fill(-1);
  const halves = new Map<string, number>();
  const queue: Bigram[] = [];

  const offer = (left: number, right: number): void => {
    if (left < 0 || right < 0) return;
    const length = (lengths[left] ?? 0) + (lengths[right] ?? 0);
    const piece = text.slice(left, left + length);
    const score = scoreOf(piece);
    if (score === undefined) return;
    halves.set(piece, lengths[left] ?? 0);
    push(queue, { score, left, right, length });
  };

  let last = -1;
  for (let at = 0; at < text.length; at += lengths[at] ?? 1) {
    lengths[at] = (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    previous[at] = last;
    if (last >= 0) next[last] = at;
    last = at;
  }
  for (let at = 0; at >= 0 && at < text.length; at = next[at] ?? -1) offer(at, next[at] ?? -1);

  for (let top = pop(queue); top !== undefined; top = pop(queue)) {
    const { left, right, length } = top;
    const leftLength = lengths[left] ?? 0;
    const rightLength = lengths[right] ?? 0;
    if (leftLength === 0 || rightLength === 0 || leftLength + rightLength !== length) continue;
    lengths[left] = length;
    lengths[right] = 0;
    const after = next[right] ?? -1;
    next[left] = after;
    if (after >= 0) previous[after] = left;
    offer(previous[left] ?? -1, left);
    offer(left, after);
  }
  return { lengths, halves };
}

function before(a: Bigram, b: Bigram): boolean {
  return a.score > b.score || (a.score === b.score && a.left < b.left);
}

/** Adds to a binary heap with the best bigram on top. */
function push(heap: Bigram[], bigram: Bigram): void {
  let at = heap.length;
  heap.push(bigram);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !before(bigram, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = bigram;
}

/** Takes the best bigram off the heap. */
function pop(heap: Bigram[]): Bigram | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    let best = heap[child];
    if (best === undefined) break;
    const other = heap[child + 1];
    if (other !== undefined && before(other, best)) {
      best = other;
      child++;
    }
    if (!before(best, last)) break;
    heap[at] = best;
    at = child;
  }
  heap[at] = last;
  return top;
}
