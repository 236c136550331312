/** How a prompt is cut. A token that is run alone gets other bits than one among others, so no cut leaves one alone. */

/** Cuts `count` tokens, two at least, into pieces of at most `size`, three at least, none of which is a single token. */
export function cutChunks(count: number, size: number): number[] {
  const pieces: number[] = [];
  for (let left = count; left > 0; left -= pieces.at(-1) ?? 0) {
    pieces.push(left === size + 1 ? size - 1 : Math.min(left, size));
  }
  return pieces;
}
