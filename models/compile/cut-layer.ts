/**
 * A layer with some of its slices only, as a model file of its own would have it: rows of what makes queries, keys, values, gates
 * and ups, columns of the two matrices that lead back. Slices lie one behind another, so that nothing is moved.
 */
import { architectureAt } from "../elastic.ts";
import { ModelFileError, type ModelSource, type SourceTensor, tensorTypes } from "../formats/mod.ts";
import type { SourceModel } from "./source-model.ts";

export interface Cut {
  readonly slices: number;
  /** The first that is left… */
  readonly first: number;
  /** …and how many are. */
  readonly count: number;
}

/** The model as it is when one of its layers is cut; the others are of no use then. @throws {ModelFileError} */
export function cutLayer(model: SourceModel, layer: number, cut: Cut): SourceModel {
  const { source, names, architecture } = model;
  const { query, key, value, gate, up, attentionOutput, down } = names.layer;
  const prefix = names.layerPrefix(layer);
  const rows = new Set([query, key, value, gate, up].flatMap((name) => both(prefix + name)));
  const back = [attentionOutput, down].map((name) => both(prefix + name));
  const columns = new Set(back.map(([weight]) => weight));
  // What is added once is of the first slice.
  const elsewhere = new Set(cut.first === 0 ? [] : back.map(([, bias]) => bias));
  const part = (whole: number) => whole * cut.count / cut.slices;
  const kept = [...source.tensors].filter(([name]) => !elsewhere.has(name));
  const tensors = new Map(kept.map(([name, tensor]): [string, SourceTensor] => {
    if (rows.has(name)) return [name, shortened(tensor, 0, part)];
    if (columns.has(name)) return [name, wholeBlocks(source, shortened(tensor, 1, part))];
    return [name, tensor];
  }));
  return {
    ...model,
    architecture: architectureAt(architecture, cut.slices, cut.count),
    source: { ...source, tensors, read: reading(source, cut, { rows, columns }), close: () => Promise.resolve() },
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

/** Reads rows of shortened tensors: some bytes of each row where columns are cut. */
function reading(
  source: ModelSource,
  { slices, first: firstSlice }: Cut,
  { rows: byRows, columns: byColumns }: { readonly rows: ReadonlySet<string>; readonly columns: ReadonlySet<string> },
): ModelSource["read"] {
  return async (tensor, offset, length) => {
    const whole = source.tensors.get(tensor.name);
    if (whole === undefined) throw new RangeError(`There is no tensor "${tensor.name}".`);
    const before = (size: number) => size * firstSlice / slices;
    if (byRows.has(tensor.name)) return await source.read(whole, before(whole.bytes) + offset, length);
    if (!byColumns.has(tensor.name)) return await source.read(whole, offset, length);
    const rows = tensor.shape[0] ?? 1;
    const [from, to] = [whole.bytes / rows, tensor.bytes / rows];
    const [first, count] = [offset / to, length / to];
    if (!Number.isInteger(first) || !Number.isInteger(count)) {
      throw new RangeError(`Cannot read ${length} bytes at ${offset} of "${tensor.name}": they are not whole rows`);
    }
    const bytes = await source.read(whole, first * from, count * from);
    const kept = new Uint8Array(length);
    for (let row = 0; row < count; row++) {
      const start = row * from + before(from);
      kept.set(bytes.subarray(start, start + to), row * to);
    }
    return kept;
  };
}
