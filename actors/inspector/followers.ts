/** Who follows what happens on a device: from anywhere in the mesh, each with the kinds that it wants and at its own pace. */
import type { Ref } from "../../runtime/actor/mod.ts";
import { type Followed, type Happened, type Happening, isWanted, MAX_HAPPENINGS, type Wanted } from "./happening.ts";

/** What a follower wishes. */
export interface Wish extends Wanted {
  /** Milliseconds between two words to it. */
  readonly everyMs: number;
}

interface Follower {
  readonly wish: Wish;
  readonly waiting: Happening[];
  /** Where in `waiting` the happening of a kind is that is told once an interval. */
  readonly sampled: Map<string, number>;
  missed: number;
  /** Whether its interval runs. */
  due: boolean;
}

/** What followers are kept with. */
export interface FollowersOptions {
  readonly device: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** Called when a follower is to have a word after so many milliseconds: then `take` is due. */
  readonly onDue: (to: Ref<Followed>, milliseconds: number) => void;
}

export class Followers {
  readonly #options: FollowersOptions;
  readonly #followers = new Map<string, Follower & { readonly to: Ref<Followed> }>();

  constructor(options: FollowersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#followers.size;
  }

  /** Whether any of them wants what `wants` says. */
  some(wants: (wanted: Wanted) => boolean): boolean {
    return [...this.#followers.values()].some(({ wish }) => wants(wish));
  }

  /** Takes a follower in, or its new wish; `past` is told first. */
  add(to: Ref<Followed>, wish: Wish, past: readonly Happening[]): void {
    const waiting = past.filter((happening) => isWanted(happening, wish)).slice(-MAX_HAPPENINGS);
    const follower = { to, wish, waiting, sampled: new Map<string, number>(), missed: 0, due: false };
    this.#followers.set(keyOf(to), follower);
    if (waiting.length > 0) this.#schedule(follower);
  }

  delete(to: Ref<never>): void {
    this.#followers.delete(keyOf(to));
  }

  /** Something has happened. */
  happened(happened: Happened): void {
    const { device, name, wallNow } = this.#options;
    for (const follower of this.#followers.values()) {
      if (!isWanted(happened, follower.wish)) continue;
      const { sampledAs, ...rest } = happened;
      this.#keep(follower, { at: wallNow(), device, name, ...rest }, sampledAs);
      this.#schedule(follower);
    }
  }

  /** What a follower is to hear now; undefined where there is nothing, or no such follower. */
  take(to: Ref<Followed>): Followed | undefined {
    const follower = this.#followers.get(keyOf(to));
    if (follower === undefined) return undefined;
    const { missed } = follower;
    follower.due = false;
    follower.missed = 0;
    follower.sampled.clear();
    return { type: "happened", happenings: follower.waiting.splice(0), missed };
  }

  #keep(follower: Follower, happening: Happening, key: string | undefined): void {
    const { waiting, sampled } = follower;
    const at = key === undefined ? undefined : sampled.get(key);
    const before = at === undefined ? undefined : waiting[at];
    if (at !== undefined && before !== undefined) {
      waiting[at] = { ...happening, times: (before.times ?? 1) + 1 };
    } else if (waiting.length < MAX_HAPPENINGS) {
      if (key !== undefined) sampled.set(key, waiting.length);
      waiting.push(happening);
    } else {
      follower.missed++;
    }
  }

  #schedule(follower: Follower & { readonly to: Ref<Followed> }): void {
    if (follower.due) return;
    follower.due = true;
    this.#options.onDue(follower.to, follower.wish.everyMs);
  }
}

function keyOf({ device, path, incarnation }: Ref<never>): string {
  return `${device} ${path} ${incarnation}`;
}
