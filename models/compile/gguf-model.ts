/** Understands a GGUF file: architecture from its metadata, tokenizer, tensor names. */
import { errorText } from "../error-text.ts";
import { dequantize, type GgufFile, ModelFileError, openGguf } from "../formats/mod.ts";
import type { Architecture, Family } from "../manifest.ts";
import { bundleFromGguf, type TokenizerBundle } from "../text/mod.ts";
import { type CheckedValues, checkedValues, show } from "./checked-value.ts";
import { limits } from "./limits.ts";
import { requireVector, type SourceModel, vocabularySize } from "./source-model.ts";
import { checkSizes, type Sizes } from "./check-sizes.ts";
import { readElastic } from "./read-elastic.ts";
import { ggufNames } from "./tensor-names.ts";
import { limitToWindow } from "./sliding-window.ts";

/** llama.cpp turns neighbouring elements for llama (its converter reorders the rows) and half-split ones for qwen. */
const families: Readonly<Record<string, { readonly family: Family; readonly rotary: Architecture["rotary"] }>> = {
  llama: { family: "llama", rotary: "interleaved" },
  mistral: { family: "mistral", rotary: "interleaved" },
  qwen2: { family: "qwen2", rotary: "half" },
  qwen3: { family: "qwen3", rotary: "half" },
};

/** Opens a GGUF file; `source` stays open for reading weights. Throws ModelFileError. */
export async function openGgufModel(path: string): Promise<SourceModel> {
  const source = await openGguf(path);
  try {
    const { architecture, notes } = await describe(source);
    const elastic = readElastic(source, architecture);
    return {
      source,
      architecture,
      names: ggufNames,
      tied: !source.tensors.has(`${ggufNames.output}.weight`),
      tokenizer: readTokenizer(source),
      notes,
      ...elastic === undefined ? {} : { elastic },
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function describe(
  source: GgufFile,
): Promise<{ readonly architecture: Architecture; readonly notes: readonly string[] }> {
  const { path, metadata } = source;
  const name = metadata["general.architecture"];
  const known = typeof name === "string" && Object.hasOwn(families, name) ? families[name] : undefined;
  if (known === undefined) {
    throw new ModelFileError(
      path,
      `its architecture is ${show(name)}`,
      `Choose a model of one of the architectures ${Object.keys(families).join(", ")}.`,
    );
  }
  const prefix = `${name}.`;
  const values = checkedValues(path, "metadata", metadata);
  refuseOtherForms(path, prefix, values, metadata);
  const heads = values.integer(`${prefix}attention.head_count`, limits.heads);
  const width = values.integer(`${prefix}embedding_length`, limits.width);
  const headSize = values.integer(`${prefix}attention.key_length`, limits.headSize, width / heads);
  const sizes: Sizes = {
    layers: values.integer(`${prefix}block_count`, limits.layers),
    width,
    heads,
    kvHeads: values.integer(`${prefix}attention.head_count_kv`, limits.heads, heads),
    headSize,
    feedForward: values.integer(`${prefix}feed_forward_length`, limits.feedForward),
    vocabulary: vocabularySize(source, ggufNames.embedding),
  };
  checkSizes(path, sizes);
  for (const [key, wanted] of [["rope.dimension_count", headSize], ["attention.value_length", headSize]] as const) {
    if (values.integer(prefix + key, limits.headSize, wanted) !== wanted) {
      throw new ModelFileError(path, `"${prefix}${key}" differs from the head size ${wanted}`, "Choose another model.");
    }
  }
  const window =
    values.absent(`${prefix}attention.sliding_window`) || metadata[`${prefix}attention.sliding_window`] === 0
      ? undefined
      : values.integer(`${prefix}attention.sliding_window`, limits.context);
  const { context, notes } = limitToWindow(values.integer(`${prefix}context_length`, limits.context), window);
  const ropeFactors = await readRopeFactors(source, headSize);
  const architecture = {
    ...known,
    ...sizes,
    context,
    normEpsilon: values.positive(`${prefix}attention.layer_norm_rms_epsilon`),
    ropeTheta: values.positive(`${prefix}rope.freq_base`, 10_000),
    ...ropeFactors === undefined ? {} : { ropeFactors },
  };
  return { architecture, notes };
}

/** Variants of the known architectures that other formulas would be needed for. */
function refuseOtherForms(
  path: string,
  prefix: string,
  values: CheckedValues,
  metadata: Readonly<Record<string, unknown>>,
): void {
  const experts = metadata[`${prefix}expert_count`];
  if (experts !== undefined && experts !== 0) {
    throw new ModelFileError(path, `it is a mixture of ${show(experts)} experts`, "Choose a dense model.");
  }
  const scaling = metadata[`${prefix}rope.scaling.type`];
  const unscaled = scaling === undefined || scaling === "none" ||
    (scaling === "linear" && values.positive(`${prefix}rope.scaling.factor`, 1) === 1);
  if (!unscaled) {
    throw new ModelFileError(
      path,
      `its rope scaling is ${show(scaling)}`,
      "Choose a model without rope scaling, or with that of Llama 3.",
    );
  }
}

/** Llama 3's rope scaling comes as one divisor for every pair of a head. */
async function readRopeFactors(source: GgufFile, headSize: number): Promise<readonly number[] | undefined> {
  const name = "rope_freqs.weight";
  if (!source.tensors.has(name)) return undefined;
  const tensor = requireVector(source, name, headSize / 2);
  const factors = new Float32Array(headSize / 2);
  dequantize(tensor.type, await source.read(tensor, 0, tensor.bytes), factors);
  if (factors.every((factor) => factor > 0 && factor <= 1e12)) return [...factors];
  throw new ModelFileError(
    source.path,
    `the tensor "${name}" holds a factor that is not above 0`,
    "Fetch the file again.",
  );
}

function readTokenizer({ path, metadata }: GgufFile): TokenizerBundle {
  try {
    return bundleFromGguf(metadata);
  } catch (cause) {
    const problem = errorText(cause);
    throw new ModelFileError(path, `its tokenizer cannot be used (${problem})`, "Choose another file of this model.", {
      cause,
    });
  }
}
