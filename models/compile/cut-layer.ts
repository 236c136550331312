/**
 * A layer with its first slices only, as a model file of its own would have it: rows of what makes queries, keys, values, gates
 * and ups, columns of the two matrices that lead back. Slices lie one behind another, so that nothing is moved.
 */
import { architectureAt } from "../elastic.ts";
import { ModelFileError, type ModelSource, type SourceTensor, tensorTypes } from "../formats/mod.ts";
import type { SourceModel } from "./source-model.ts";

export interface Cut {
  readonly slices: number;
  /** How many of them are left. */
  readonly level: number;
}

/** The model as it is when one of its layers is cut; the others are of no use then. @throws {ModelFileError} */
export function cutLayer(model: SourceModel, layer: number, { slices, level }: Cut): SourceModel {
  const { source, names, architecture } = model;
  const { query, key, value, gate, up, attentionOutput, down } = names.layer;
  const prefix = names.layerPrefix(layer);
  const rows = new Set([query, key, value, gate, up].flatMap((name) => both(prefix + name)));
  const columns = new Set([attentionOutput, down].map((name) => `${prefix}${name}.weight`));
  const part = (whole: number) => whole * level / slices;
  const tensors = new Map([...source.tensors].map(([name, tensor]): [string, SourceTensor] => {
    if (rows.has(name)) return [name, shortened(tensor, 0, part)];
    if (columns.has(name)) return [name, wholeBlocks(source, shortened(tensor, 1, part))];
    return [name, tensor];
  }));
  return {
    ...model,
    architecture: architectureAt(architecture, slices, level),
    source: { ...source, tensors, read: reading(source, columns), close: () => Promise.resolve() },
  };
}

function both(name: string): [string, string] {
  return [`${name}.weight`, `${name}.bias`];
}

/** The tensor with a part of its rows (axis 0) or columns (axis 1). */
function shortened(tensor: SourceTensor, axis: 0 | 1, part: (whole: number) => number): SourceTensor {
  const shape = tensor.shape.map((size, at) => at === axis ? part(size) : size);
  return { ...tensor, shape, bytes: part(tensor.bytes) };
}

/** Quantised elements come in blocks along a row. */
function wholeBlocks({ path }: ModelSource, tensor: SourceTensor): SourceTensor {
  const elements = typeof tensor.type === "string" ? tensorTypes[tensor.type].elements : 1;
  const columns = tensor.shape[1] ?? 0;
  if (columns % elements === 0) return tensor;
  const reason = `slices of "${tensor.name}" end inside of its blocks of ${elements} elements`;
  throw new ModelFileError(path, reason, "Choose a file with fewer slices, or one of Q8_0, F16 or F32.");
}

/** Reads rows of shortened tensors: the first bytes of each row where columns are cut. */
function reading(source: ModelSource, columns: ReadonlySet<string>): ModelSource["read"] {
  return async (tensor, offset, length) => {
    const whole = source.tensors.get(tensor.name);
    const rows = tensor.shape[0] ?? 1;
    if (whole === undefined || !columns.has(tensor.name)) return await source.read(whole ?? tensor, offset, length);
    const [from, to] = [whole.bytes / rows, tensor.bytes / rows];
    const [first, count] = [offset / to, length / to];
    if (!Number.isInteger(first) || !Number.isInteger(count)) {
      throw new RangeError(`Cannot read ${length} bytes at ${offset} of "${tensor.name}": they are not whole rows`);
    }
    const bytes = await source.read(whole, first * from, count * from);
    const kept = new Uint8Array(length);
    for (let row = 0; row < count; row++) kept.set(bytes.subarray(row * from, row * from + to), row * to);
    return kept;
  };
}
