/** Understands a Hugging Face folder: architecture from its config.json, tokenizer, tensor names. */
import { errorText } from "../error-text.ts";
import { ModelFileError, type ModelFolder, openModelFolder } from "../formats/mod.ts";
import type { Architecture, Family, RopeScaling } from "../manifest.ts";
import { bundleFromFolder, type TokenizerBundle } from "../text/mod.ts";
import { checkedValues, show } from "./checked-value.ts";
import { checkSizes, type Sizes } from "./check-sizes.ts";
import { limits } from "./limits.ts";
import { limitToWindow } from "./sliding-window.ts";
import { type SourceModel, vocabularySize } from "./source-model.ts";
import { huggingFaceNames } from "./tensor-names.ts";

const families: readonly Family[] = ["llama", "mistral", "qwen2", "qwen3"];

/** Opens a model folder; `source` stays open for reading weights. Throws ModelFileError. */
export async function openFolderModel(path: string): Promise<SourceModel> {
  const source = await openModelFolder(path);
  try {
    const { architecture, notes } = describe(source);
    return {
      source,
      architecture,
      names: huggingFaceNames,
      tied: source.config["tie_word_embeddings"] === true,
      tokenizer: await readTokenizer(source),
      notes,
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function describe(
  folder: ModelFolder,
): { readonly architecture: Architecture; readonly notes: readonly string[] } {
  const { path, config } = folder;
  const family = families.find((family) => family === config["model_type"]);
  if (family === undefined) {
    throw new ModelFileError(
      path,
      `its model_type is ${show(config["model_type"])}`,
      `Choose a model of one of the types ${families.join(", ")}.`,
    );
  }
  const values = checkedValues(path, "config.json", config);
  const activation = config["hidden_act"] ?? "silu";
  if (activation !== "silu") {
    throw new ModelFileError(path, `its hidden_act is ${show(activation)}`, "Choose a model that uses silu.");
  }
  const partial = config["partial_rotary_factor"] ?? 1;
  if (partial !== 1) {
    throw new ModelFileError(
      path,
      `its partial_rotary_factor is ${show(partial)}`,
      "Choose a model that turns whole heads.",
    );
  }
  const heads = values.integer("num_attention_heads", limits.heads);
  const width = values.integer("hidden_size", limits.width);
  const sizes: Sizes = {
    layers: values.integer("num_hidden_layers", limits.layers),
    width,
    heads,
    kvHeads: values.integer("num_key_value_heads", limits.heads, heads),
    // Transformers' own default for Qwen3 is 128; for the others the width is split evenly.
    headSize: values.integer("head_dim", limits.headSize, family === "qwen3" ? 128 : width / heads),
    feedForward: values.integer("intermediate_size", limits.feedForward),
    vocabulary: vocabularySize(folder, huggingFaceNames.embedding),
  };
  checkSizes(path, sizes);
  // Qwen configurations name a window even where it is switched off.
  const windowed = family === "mistral" || config["use_sliding_window"] === true;
  const window = windowed && !values.absent("sliding_window")
    ? values.integer("sliding_window", limits.context)
    : undefined;
  const { context, notes } = limitToWindow(values.integer("max_position_embeddings", limits.context), window);
  const architecture = {
    family,
    ...sizes,
    context,
    normEpsilon: values.positive("rms_norm_eps", 1e-6),
    ...readRope(path, config),
    rotary: "half" as const,
  };
  return { architecture, notes };
}

/** `rope_theta` and `rope_scaling`; transformers 5 keeps both in `rope_parameters`. */
function readRope(
  path: string,
  config: Readonly<Record<string, unknown>>,
): { readonly ropeTheta: number; readonly ropeScaling?: RopeScaling } {
  const parameters = asRecord(config["rope_parameters"] ?? config["rope_scaling"]);
  const ropeTheta = checkedValues(path, "config.json", { ...config, ...parameters }).positive("rope_theta", 10_000);
  const type = parameters?.["rope_type"] ?? parameters?.["type"] ?? "default";
  if (parameters === undefined || type === "default") return { ropeTheta };
  if (type !== "llama3") {
    throw new ModelFileError(
      path,
      `its rope scaling is ${show(type)}`,
      "Choose a model without rope scaling, or with that of Llama 3.",
    );
  }
  const values = checkedValues(path, "config.json's rope scaling", parameters);
  const ropeScaling = {
    factor: values.positive("factor"),
    lowFrequencyFactor: values.positive("low_freq_factor"),
    highFrequencyFactor: values.positive("high_freq_factor"),
    originalContext: values.integer("original_max_position_embeddings", limits.context),
  };
  return { ropeTheta, ropeScaling };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? value as Readonly<Record<string, unknown>> : undefined;
}

async function readTokenizer(folder: ModelFolder): Promise<TokenizerBundle> {
  const tokenizer = await folder.json("tokenizer.json");
  if (tokenizer === undefined) {
    throw new ModelFileError(
      folder.path,
      "the folder has no tokenizer.json",
      "Fetch it from where the weights came from.",
    );
  }
  try {
    return bundleFromFolder({
      tokenizer,
      config: await folder.json("tokenizer_config.json"),
      chatTemplate: await folder.text("chat_template.jinja"),
      generation: await folder.json("generation_config.json"),
      model: folder.config,
    });
  } catch (cause) {
    if (cause instanceof ModelFileError) throw cause;
    const problem = errorText(cause);
    throw new ModelFileError(folder.path, `its tokenizer cannot be used (${problem})`, "Fetch tokenizer.json again.", {
      cause,
    });
  }
}
