/** A decoder-only transformer at double precision, written for clarity: what the graphs are compared with. */
import { ropeFrequencies } from "../../models/onnx/mod.ts";
import type { SyntheticModel } from "./synthetic-model.ts";

/** The logits of every position of `ids`. */
export function referenceLogits(
  { architecture, tied, weights }: SyntheticModel,
  ids: readonly number[],
): Float64Array[] {
  const { layers, width, heads, kvHeads, headSize, normEpsilon, family } = architecture;
  const frequencies = ropeFrequencies(architecture);
  const get = (name: string) => {
    const tensor = weights[name];
    if (tensor === undefined) throw new TypeError(`no tensor ${name}`);
    return tensor;
  };
  const linear = (name: string, input: Float64Array): Float64Array => {
    const { shape: [rows = 0, columns = 0], values } = get(`${name}.weight`);
    const bias = weights[`${name}.bias`]?.values;
    return Float64Array.from({ length: rows }, (_, row) => {
      let sum = bias?.[row] ?? 0;
      for (let i = 0; i < columns; i++) sum += (values[row * columns + i] ?? 0) * (input[i] ?? 0);
      return sum;
    });
  };
  const norm = (name: string, input: Float64Array): Float64Array => {
    const { values } = get(name);
    const mean = input.reduce((sum, value) => sum + value * value, 0) / input.length;
    return input.map((value, i) => (value / Math.sqrt(mean + normEpsilon)) * (values[i] ?? 0));
  };
  const rotate = (head: Float64Array, position: number): Float64Array => {
    const half = headSize / 2;
    return head.map((value, i) => {
      const angle = position * (frequencies[i % half] ?? 0);
      const other = i < half ? -(head[i + half] ?? 0) : head[i - half] ?? 0;
      return value * Math.cos(angle) + other * Math.sin(angle);
    });
  };
  const headsOf = (row: Float64Array, count: number) =>
    Array.from({ length: count }, (_, head) => row.slice(head * headSize, (head + 1) * headSize));

  const embedding = get("model.embed_tokens.weight").values;
  let hidden: Float64Array[] = ids.map((id) => Float64Array.from(embedding.subarray(id * width, (id + 1) * width)));
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `model.layers.${layer}.`;
    const turned = (name: "q" | "k", row: Float64Array, count: number, position: number) =>
      headsOf(linear(`${prefix}self_attn.${name}_proj`, row), count).map((head) => {
        return rotate(family === "qwen3" ? norm(`${prefix}self_attn.${name}_norm.weight`, head) : head, position);
      });
    const normed = hidden.map((row) => norm(`${prefix}input_layernorm.weight`, row));
    const queries = normed.map((row, position) => turned("q", row, heads, position));
    const keys = normed.map((row, position) => turned("k", row, kvHeads, position));
    const values = normed.map((row) => headsOf(linear(`${prefix}self_attn.v_proj`, row), kvHeads));
    hidden = hidden.map((row, position) => {
      const attended = new Float64Array(heads * headSize);
      for (let head = 0; head < heads; head++) {
        const shared = Math.floor(head / (heads / kvHeads));
        const scores = keys.slice(0, position + 1).map((key) => {
          return Math.exp(dot(queries[position]?.[head], key[shared]) / Math.sqrt(headSize));
        });
        const total = scores.reduce((sum, score) => sum + score, 0);
        scores.forEach((score, past) => {
          values[past]?.[shared]?.forEach((value, i) => {
            attended[head * headSize + i] = (attended[head * headSize + i] ?? 0) + (score / total) * value;
          });
        });
      }
      const after = add(row, linear(`${prefix}self_attn.o_proj`, attended));
      const input = norm(`${prefix}post_attention_layernorm.weight`, after);
      const up = linear(`${prefix}mlp.up_proj`, input);
      const gated = linear(`${prefix}mlp.gate_proj`, input).map((gate, i) =>
        (gate / (1 + Math.exp(-gate))) * (up[i] ?? 0)
      );
      return add(after, linear(`${prefix}mlp.down_proj`, gated));
    });
  }
  const head = tied ? "model.embed_tokens" : "lm_head";
  return hidden.map((row) => linear(head, norm("model.norm.weight", row)));
}

function add(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + (b[i] ?? 0));
}

function dot(a: Float64Array | undefined, b: Float64Array | undefined): number {
  return a?.reduce((sum, value, i) => sum + value * (b?.[i] ?? 0), 0) ?? 0;
}
