/** Devices that nothing tells apart, collapsed: twelve equal boards are one class of twelve. */
import { at, type Weights } from "../weights.ts";

/** Tables of classes in place of devices. The diagonals hold what two devices of one class have between them. */
export interface ClassWeights extends Weights {
  /** [C]: devices of each class. */
  readonly counts: Int32Array;
  /** The devices of each class, in the problem's order. */
  readonly members: readonly (readonly number[])[];
}

/** Collapses identical devices: same memory, times, rights, entry, and links to every other device and to each other. */
export function collapse(weights: Weights): ClassWeights {
  const members: number[][] = [];
  for (let device = 0; device < weights.devices; device++) {
    const alike = members.find(([one]) => one !== undefined && identical(weights, one, device));
    if (alike === undefined) members.push([device]);
    else alike.push(device);
  }
  const [N, M, C] = [weights.blocks, weights.devices, members.length];
  const first = members.map(([one]) => one ?? 0);
  const rows = <T extends Float64Array | Int32Array>(table: T, width: number, into: T): T => {
    for (const [index, device] of first.entries()) {
      into.set(table.subarray(device * width, (device + 1) * width) as never, index * width);
    }
    return into;
  };
  const pairs = (table: Float64Array): Float64Array => {
    const into = new Float64Array(C * C);
    for (const [a, from] of members.entries()) {
      for (const [b, to] of members.entries()) {
        const other = a === b ? from[1] : to[0];
        into[a * C + b] = other === undefined ? Infinity : at(table, (from[0] ?? 0) * M + other);
      }
    }
    return into;
  };
  return {
    ...weights,
    devices: C,
    usable: rows(weights.usable, 1, new Float64Array(C)),
    workBefore: rows(weights.workBefore, N + 1, new Float64Array(C * (N + 1))),
    stageBefore: rows(weights.stageBefore, N + 1, new Float64Array(C * (N + 1))),
    reach: rows(weights.reach, N, new Int32Array(C * N)),
    entry: rows(weights.entry, 1, new Float64Array(C)),
    hops: weights.hops.map(pairs),
    busy: weights.busy.map(pairs),
    back: pairs(weights.back),
    backBusy: pairs(weights.backBusy),
    counts: Int32Array.from(members, ({ length }) => length),
    members,
  };
}

function identical(weights: Weights, a: number, b: number): boolean {
  const { blocks: N, devices: M, usable, entry, workBefore, stageBefore, reach, hops, busy, back, backBusy } = weights;
  if (usable[a] !== usable[b] || entry[a] !== entry[b]) return false;
  for (let block = 0; block < N; block++) {
    if (reach[a * N + block] !== reach[b * N + block]) return false;
    for (const table of [workBefore, stageBefore]) {
      if (table[a * (N + 1) + block + 1] !== table[b * (N + 1) + block + 1]) return false;
    }
  }
  return [...hops, ...busy, back, backBusy].every((table) => {
    if (table[a * M + b] !== table[b * M + a]) return false;
    for (let other = 0; other < M; other++) {
      if (other === a || other === b) continue;
      if (table[a * M + other] !== table[b * M + other] || table[other * M + a] !== table[other * M + b]) return false;
    }
    return true;
  });
}
