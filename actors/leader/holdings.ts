/** Who has which blocks on disk, as devices say, in reach or away: what is copied, what is waited for, and for whom. */
import { type BlockRuns, blocksIn, describeRuns, runsOf } from "../block-runs.ts";
import { type Holder, MAX_HOLDERS } from "../recall.ts";

/** What is known of a device's disk. */
interface Entry {
  name: string;
  blocks: ReadonlySet<number>;
  /** Whether the device is in reach. */
  here: boolean;
  /** Whether it has said so itself to this leader; else the leader before had heard it. */
  sure: boolean;
}

/** Blocks on disks, by model and device. */
export class Holdings {
  readonly #models = new Map<string, Map<string, Entry>>();

  /** A device says what it has. @returns whether there is a block that it was not known to give before */
  tell(model: string, device: string, name: string, runs: BlockRuns): boolean {
    const before = this.#of(model).get(device);
    const blocks = blocksIn(runs);
    this.#of(model).set(device, { name, blocks, here: true, sure: true });
    return [...blocks].some((block) => before?.here !== true || !before.blocks.has(block));
  }

  /** What the leader before knew; a device's own word counts more. */
  recall(model: string, holders: readonly Holder[], live: readonly string[]): void {
    const entries = this.#of(model);
    for (const { device, name, blocks } of holders) {
      if (entries.has(device)) continue;
      entries.set(device, { name, blocks: blocksIn(blocks), here: live.includes(device), sure: false });
    }
  }

  /** A device has left; what it has is remembered, so that people can be told whom to wait for. */
  lost(device: string, name: string): void {
    for (const entries of this.#models.values()) {
      const entry = entries.get(device);
      if (entry === undefined) continue;
      if (entry.blocks.size === 0) entries.delete(device);
      else entries.set(device, { ...entry, name, here: false, sure: false });
    }
  }

  /** The blocks that a device in reach has on its disk. */
  heldBy(model: string, device: string): ReadonlySet<number> {
    const entry = this.#of(model).get(device);
    return entry?.here === true ? entry.blocks : NONE;
  }

  /** Whether all these devices have said what they have. */
  complete(model: string, devices: readonly string[]): boolean {
    return devices.every((device) => this.#of(model).get(device)?.sure === true);
  }

  /** Of the first `count` blocks those that no device in reach has, but for one that is not counted. */
  missing(model: string, count: number, but?: string): number[] {
    const held = new Set<number>();
    for (const [device, { blocks, here }] of this.#of(model)) {
      if (here && device !== but) { for (const block of blocks) held.add(block); }
    }
    return Array.from({ length: count }, (_, block) => block).filter((block) => !held.has(block));
  }

  /** All blocks that anybody has, in reach or away. */
  known(model: string): number[] {
    return [...new Set([...this.#of(model).values()].flatMap(({ blocks }) => [...blocks]))];
  }

  /** Everybody who has blocks of a model, those in reach first. */
  holders(model: string): Holder[] {
    const some = [...this.#of(model)].filter(([, { blocks }]) => blocks.size > 0);
    const ordered = [...some.filter(([, { here }]) => here), ...some.filter(([, { here }]) => !here)];
    return ordered.slice(0, MAX_HOLDERS).map(([device, { name, here, blocks }]) => {
      return { device, name, here, blocks: runsOf(blocks) };
    });
  }

  /** Who is waited for, a sentence: blocks of a model that nobody in reach has. */
  absence(model: { readonly id: string; readonly name: string }, missing: readonly number[], count: number): string {
    const what = missing.length === count
      ? `The blocks of ${model.name} are`
      : `${missing.length === 1 ? "Block" : "Blocks"} ${describeRuns(runsOf(missing))} of ${model.name} ${
        missing.length === 1 ? "is" : "are"
      }`;
    const away = [...this.#of(model.id).values()].filter(({ here, blocks }) => {
      return !here && missing.some((block) => blocks.has(block));
    }).map(({ name }) => name);
    if (away.length === 0) {
      return `${what} on no device in reach: start the device that has them, or one with --model and its file.`;
    }
    return `${what} on ${listOf(away.slice(0, 8))} only, which ${away.length === 1 ? "is" : "are"} away.`;
  }

  #of(model: string): Map<string, Entry> {
    const entries = this.#models.get(model) ?? new Map<string, Entry>();
    this.#models.set(model, entries);
    return entries;
  }
}

const NONE: ReadonlySet<number> = new Set();

function listOf(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
