/** What people may have meant. Pure. */

/** What other tools call it, beside misspellings. */
const ALIASES: Readonly<Record<string, string>> = {
  run: "chat",
  talk: "chat",
  serve: "up",
  start: "up",
  join: "up",
  ps: "inspect",
  status: "inspect",
  list: "inspect",
  ls: "inspect",
  generate: "ask",
};

/** The known word that a person most likely meant; undefined where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const alias = Object.hasOwn(ALIASES, word) ? ALIASES[word] : undefined;
  if (alias !== undefined && known.includes(alias)) return alias;
  const ranked = known.map((candidate) => [distance(word.slice(0, 32), candidate), candidate] as const)
    .sort(([a], [b]) => a - b);
  const [best] = ranked;
  return best !== undefined && best[0] <= Math.max(1, Math.floor(best[1].length / 3)) ? best[1] : undefined;
}

/** How many letters are to be added, dropped, replaced or swapped with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
