/** What a store may let go of: what is left over, and copies of what other devices have too. Pure. */
import { bytesOf, type Entry } from "./inventory.ts";

/** Other devices that must have a block of a model that is served, before this one's copy is one too many. */
const SPARE_OF = 2;

/** How many other devices must vouch for a file before it goes; `undefined`: it does not. */
export type Price = (entry: Entry) => number | undefined;

/** Tidying: what is left over, and copies that are one too many. With `all`, also models that the mesh does not serve. */
export function tidying(all: boolean): Price {
  return ({ purpose }) => {
    switch (purpose) {
      case "used":
        return undefined;
      case "piece":
      case "stray":
        return 0;
      case "stored":
        return all ? 0 : 1;
      case "served":
        return SPARE_OF;
      default:
        return purpose satisfies never;
    }
  };
}

/** Those that have found enough devices to vouch for them. */
export function affordable(entries: readonly Entry[], price: Price, vouchers: (sha256: string) => number): Entry[] {
  return entries.filter((entry) => {
    const cost = price(entry);
    return cost !== undefined && vouchers(entry.file.sha256) >= cost;
  });
}

/**
 * What goes so that no more than so many bytes are kept that nothing uses: first what is left over, then models that are not
 * served, the least recently used first, then copies of what is. Nothing goes that no other device has, but for what is left
 * over. Where that is not enough, more stays than the limit allows.
 */
export function overflow(entries: readonly Entry[], limit: number, vouchers: (sha256: string) => number): Entry[] {
  const kept = entries.filter(({ purpose }) => purpose !== "used");
  let excess = bytesOf(kept.map(({ file }) => file)) - limit;
  const goes: Entry[] = [];
  const able = kept.filter((entry) => rankOf(entry) === 0 || vouchers(entry.file.sha256) > 0);
  const spare = ({ file }: Entry) => vouchers(file.sha256) >= SPARE_OF ? 0 : 1;
  able.sort((a, b) => rankOf(a) - rankOf(b) || spare(a) - spare(b) || a.usedAt - b.usedAt);
  for (const entry of able) {
    if (excess <= 0) break;
    goes.push(entry);
    excess -= entry.file.bytes;
  }
  return goes;
}

/** What goes first. */
function rankOf({ purpose }: Entry): number {
  return purpose === "piece" || purpose === "stray" ? 0 : purpose === "stored" ? 1 : 2;
}
