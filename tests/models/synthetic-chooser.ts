/** A chooser with random weights, and its arithmetic at double precision, written for clarity. */
import { type ChooserArchitecture, chooserGraph, ropeFrequencies } from "../../models/onnx/mod.ts";

export const CHOOSER: ChooserArchitecture = {
  vocabulary: 300,
  width: 16,
  layers: 2,
  heads: 2,
  feedForward: 24,
  positions: 512,
  promptLevels: 5,
  modelLevels: 4,
};

type Weights = Readonly<Record<string, Float32Array>>;

/** Random weights, the same for the same seed; norms are near 1. */
export function chooserWeights(architecture: ChooserArchitecture, seed = 1): Weights {
  let state = seed;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
  const made = chooserGraph(architecture).weights.filter(({ name }) => name !== "cos" && name !== "sin");
  return Object.fromEntries(made.map(({ name, bytes }) => {
    return [name, Float32Array.from({ length: bytes / 4 }, () => name.endsWith("norm") ? 1 + random() : random())];
  }));
}

/** What the chooser gives for some tokens. */
export function referenceChoice(
  { width, layers, heads, promptLevels, modelLevels }: ChooserArchitecture,
  weights: Weights,
  tokens: readonly number[],
): { readonly keep: readonly number[]; readonly right: readonly (readonly number[])[] } {
  const get = (name: string) => weights[name] ?? new Float32Array();
  const linear = (name: string, input: readonly number[]): number[] => {
    const [values, bias] = [get(`${name}.weight`), weights[`${name}.bias`]];
    return Array.from({ length: values.length / input.length }, (_, row) => {
      return input.reduce((sum, value, i) => sum + value * (values[row * input.length + i] ?? 0), bias?.[row] ?? 0);
    });
  };
  const norm = (name: string, input: readonly number[]) => {
    const mean = input.reduce((sum, value) => sum + value * value, 0) / input.length;
    return input.map((value, i) => (value / Math.sqrt(mean + 1e-5)) * (get(name)[i] ?? 0));
  };
  const frequencies = ropeFrequencies({ headSize: width / heads, ropeTheta: 10_000 });
  const turn = (head: readonly number[], position: number) => {
    const half = head.length / 2;
    return head.map((value, i) => {
      const angle = position * (frequencies[i % half] ?? 0);
      const other = i < half ? -(head[i + half] ?? 0) : head[i - half] ?? 0;
      return value * Math.cos(angle) + other * Math.sin(angle);
    });
  };
  const embedding = tokens.map((id) => [...get("embedding").subarray(id * width, (id + 1) * width)]);
  let hidden = embedding.map((row, at) =>
    row.map((value, channel) => {
      const near = [-2, -1, 0, 1, 2].map((shift, tap) => {
        return (embedding[at + shift]?.[channel] ?? 0) * (get("neighbours")[channel * 5 + tap] ?? 0);
      });
      return value + sum(near);
    })
  );
  for (let layer = 0; layer < layers; layer++) {
    const rows = hidden.map((row) => linear(`${layer}.query_key_value`, norm(`${layer}.attention_norm`, row)));
    const size = width / heads;
    const attended: number[][] = rows.map(() => []);
    for (let head = 0; head < heads; head++) {
      const part = (which: number) =>
        rows.map((row) => row.slice(which * width + head * size, which * width + (head + 1) * size));
      const [queries, keys] = [part(0).map(turn), part(1).map(turn)];
      queries.forEach((query, at) => {
        const scores = keys.map((key) =>
          Math.exp(sum(query.map((value, i) => value * (key[i] ?? 0))) / Math.sqrt(size))
        );
        const total = sum(scores);
        for (let i = 0; i < size; i++) {
          attended[at]?.push(sum(part(2).map((value, j) => ((value[i] ?? 0) * (scores[j] ?? 0)) / total)));
        }
      });
    }
    hidden = hidden.map((row, at) => {
      const after = add(row, linear(`${layer}.attention_output`, attended[at] ?? []));
      const up = linear(`${layer}.up`, norm(`${layer}.feed_forward_norm`, after)).map(silu);
      return add(after, linear(`${layer}.down`, up));
    });
  }
  const final = hidden.map((row) => norm("norm", row));
  const channels = Array.from({ length: width }, (_, i) => final.map((row) => row[i] ?? 0));
  const pooled = [...channels.map((all) => sum(all) / all.length), ...channels.map((all) => Math.max(...all))];
  const pairs = linear("right", linear("pooled", pooled).map(silu)).map(sigmoid);
  return {
    keep: final.map((row) => sigmoid(linear("keep", row)[0] ?? NaN)),
    right: Array.from({ length: promptLevels }, (_, at) => pairs.slice(at * modelLevels, (at + 1) * modelLevels)),
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const add = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value + (b[i] ?? 0));
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
const silu = (value: number) => value * sigmoid(value);
