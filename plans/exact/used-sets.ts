/** Which classes a chain has used, and how often: each combination gets one number, so that equal ones are found at once. */
export class UsedSets {
  readonly #classes: number;
  readonly #longest: Int32Array;
  readonly #ids = new Map<string, number>();
  readonly #grown = new Map<number, number>();
  readonly #members: (readonly number[])[] = [];
  readonly #free: number[] = [];
  readonly #all: number;

  /** `longest`: the most blocks that a device of each class can take. */
  constructor(classes: number, counts: Int32Array, longest: Int32Array) {
    this.#classes = classes;
    this.#longest = longest;
    this.#all = counts.reduce((sum, count, index) => sum + count * (longest[index] ?? 0), 0);
  }

  /** The set of a chain that has only its first class; chains with different first classes never share a set. */
  root(first: number): number {
    return this.#number(`${first}`, [first], this.#all - (this.#longest[first] ?? 0));
  }

  /** The set with one more device of a class. */
  add(set: number, next: number): number {
    const step = set * this.#classes + next;
    const known = this.#grown.get(step);
    if (known !== undefined) return known;
    const [root = 0, ...others] = this.#members[set] ?? [];
    let place = 0;
    while (place < others.length && (others[place] as number) < next) place++;
    others.splice(place, 0, next);
    const grown = this.#number(`${root}:${others}`, [root, ...others], this.free(set) - (this.#longest[next] ?? 0));
    this.#grown.set(step, grown);
    return grown;
  }

  /** The most blocks that the devices outside the set could take. */
  free(set: number): number {
    return this.#free[set] ?? 0;
  }

  #number(key: string, members: readonly number[], free: number): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#members.length;
    this.#ids.set(key, id);
    this.#members.push(members);
    this.#free.push(free);
    return id;
  }
}
