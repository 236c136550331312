/** A binary heap of numbered nodes by key, smallest first; of equal keys in no order that anyone may rely on. */
export class Heap {
  #keys: number[] = [];
  #nodes: number[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** The smallest key; Infinity when empty. */
  get least(): number {
    return this.#keys[0] ?? Infinity;
  }

  push(key: number, node: number): void {
    const [keys, nodes] = [this.#keys, this.#nodes];
    let place = keys.length;
    keys.push(key);
    nodes.push(node);
    while (place > 0) {
      const above = (place - 1) >> 1;
      if ((keys[above] as number) <= key) break;
      keys[place] = keys[above] as number;
      nodes[place] = nodes[above] as number;
      place = above;
    }
    keys[place] = key;
    nodes[place] = node;
  }

  /** Takes the node with the smallest key out; -1 when empty. */
  pop(): number {
    const [keys, nodes] = [this.#keys, this.#nodes];
    const top = nodes[0] ?? -1;
    const [key, node] = [keys.pop(), nodes.pop()];
    if (key === undefined || node === undefined || keys.length === 0) return top;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= keys.length) break;
      if (below + 1 < keys.length && (keys[below + 1] as number) < (keys[below] as number)) below++;
      if ((keys[below] as number) >= key) break;
      keys[place] = keys[below] as number;
      nodes[place] = nodes[below] as number;
      place = below;
    }
    keys[place] = key;
    nodes[place] = node;
    return top;
  }
}
