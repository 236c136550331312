/**
 * Puts the groups of heads and the neurons of each layer in another order, which changes nothing of what whole layers give.
 * As a command: `node training/elastic/reorder.ts FOLDER ORDER.json NEW_FOLDER`, of a Hugging Face folder at float32.
 */
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { huggingFaceNames, type LayerNames } from "../../models/compile/tensor-names.ts";
import { openModelFolder } from "../../models/formats/mod.ts";
import { type Tensor, writeSafetensors } from "./write-safetensors.ts";

/** Of each layer: the old places of its groups and of its neurons, in their new order. */
export interface Order {
  readonly groups: readonly (readonly number[])[];
  readonly neurons: readonly (readonly number[])[];
}

type Projection = Exclude<keyof LayerNames, `${string}Norm`>;

/** What each projection has for each group of heads or each neuron: rows, or columns. */
const axes: Readonly<Partial<Record<Projection, { readonly of: keyof Order; readonly along: "rows" | "columns" }>>> = {
  query: { of: "groups", along: "rows" },
  key: { of: "groups", along: "rows" },
  value: { of: "groups", along: "rows" },
  attentionOutput: { of: "groups", along: "columns" },
  gate: { of: "neurons", along: "rows" },
  up: { of: "neurons", along: "rows" },
  down: { of: "neurons", along: "columns" },
};

/**
 * Returns the tensors (Hugging Face's names) with each layer's in its order; those of no layer are the same. Throws a RangeError
 * for an order that is no permutation or does not divide a tensor.
 */
export function reorder(tensors: Readonly<Record<string, Tensor>>, order: Order): Record<string, Tensor> {
  const result: Record<string, Tensor> = { ...tensors };
  for (const [layer, groups] of order.groups.entries()) {
    const orders = { groups, neurons: order.neurons[layer] ?? [] };
    for (const [part, axis] of Object.entries(axes)) {
      const name = `${huggingFaceNames.layerPrefix(layer)}${huggingFaceNames.layer[part as Projection]}`;
      for (const ending of axis.along === "rows" ? [".weight", ".bias"] : [".weight"]) {
        const tensor = tensors[name + ending];
        if (tensor === undefined && ending === ".weight") {
          throw new RangeError(`Cannot reorder: no tensor "${name}${ending}"`);
        }
        if (tensor !== undefined) result[name + ending] = reordered(name, tensor, orders[axis.of], axis.along);
      }
    }
  }
  return result;
}

function reordered(
  name: string,
  { shape, values }: Tensor,
  order: readonly number[],
  along: "rows" | "columns",
): Tensor {
  const [rows = 0, columns = 1] = shape;
  const size = (along === "rows" ? rows : columns) / order.length;
  if (!Number.isInteger(size) || [...order].sort((a, b) => a - b).some((place, i) => place !== i)) {
    throw new RangeError(
      `Cannot reorder ${name} [${shape.join(", ")}]: ${order.length} places are no order of its ${along}`,
    );
  }
  // Rows of a row-wise order are one long row each; so both are moves of pieces within rows.
  const width = along === "rows" ? values.length : columns;
  const piece = along === "rows" ? size * columns : size;
  const result = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += width) {
    for (const [to, from] of order.entries()) {
      result.set(values.subarray(row + from * piece, row + (from + 1) * piece), row + to * piece);
    }
  }
  return { shape, values: result };
}

const orderSchema = v.object({
  groups: v.array(v.array(v.number())),
  neurons: v.array(v.array(v.number())),
});

async function reorderFolder(folder: string, orderPath: string, target: string): Promise<void> {
  const source = await openModelFolder(folder);
  try {
    const tensors: Record<string, Tensor> = {};
    for (const [name, tensor] of source.tensors) {
      if (tensor.type !== "F32") throw new TypeError(`Cannot reorder ${folder}: "${name}" is ${tensor.type}, not F32`);
      const bytes = await source.read(tensor, 0, tensor.bytes);
      tensors[name] = { shape: tensor.shape, values: new Float32Array(bytes.slice().buffer) };
    }
    const order = v.parse(orderSchema, JSON.parse(await readFile(orderPath, "utf8")));
    await mkdir(target, { recursive: true });
    await copyFile(join(folder, "config.json"), join(target, "config.json"));
    await writeSafetensors(join(target, "model.safetensors"), reorder(tensors, order));
  } finally {
    await source.close();
  }
}

if (import.meta.main) {
  const [folder, order, target] = process.argv.slice(2);
  if (folder === undefined || order === undefined || target === undefined) {
    throw new TypeError("Cannot reorder without two folders and an order: reorder.ts FOLDER ORDER.json NEW_FOLDER");
  }
  await reorderFolder(folder, order, target);
}
