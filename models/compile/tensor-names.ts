/** What the parts of a model are called in the two kinds of file. */

/** Names of a layer's tensors, without the layer's prefix. Linear projections go without `.weight` and `.bias`. */
export interface LayerNames {
  readonly attentionNorm: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly queryNorm: string;
  readonly keyNorm: string;
  readonly feedForwardNorm: string;
  readonly gate: string;
  readonly up: string;
  readonly down: string;
}

export interface TensorNames {
  readonly embedding: string;
  readonly norm: string;
  /** Without `.weight`. */
  readonly output: string;
  readonly layer: LayerNames;
  /** The prefix of a layer's tensors; layers count from 0. */
  layerPrefix(layer: number): string;
  /** Tensors that may be there and are not needed, or are read elsewhere. */
  readonly ignored: RegExp;
}

/** Names in GGUF (`gguf-py/gguf/constants.py` of llama.cpp). */
export const ggufNames: TensorNames = {
  embedding: "token_embd.weight",
  norm: "output_norm.weight",
  output: "output",
  layer: {
    attentionNorm: "attn_norm.weight",
    query: "attn_q",
    key: "attn_k",
    value: "attn_v",
    attentionOutput: "attn_output",
    queryNorm: "attn_q_norm.weight",
    keyNorm: "attn_k_norm.weight",
    feedForwardNorm: "ffn_norm.weight",
    gate: "ffn_gate",
    up: "ffn_up",
    down: "ffn_down",
  },
  layerPrefix: (layer) => `blk.${layer}.`,
  ignored: /^rope_freqs\.weight$|\.attn_rot_embd$/,
};

/** Names in Hugging Face transformers (`modeling_llama.py` and its kin). */
export const huggingFaceNames: TensorNames = {
  embedding: "model.embed_tokens.weight",
  norm: "model.norm.weight",
  output: "lm_head",
  layer: {
    attentionNorm: "input_layernorm.weight",
    query: "self_attn.q_proj",
    key: "self_attn.k_proj",
    value: "self_attn.v_proj",
    attentionOutput: "self_attn.o_proj",
    queryNorm: "self_attn.q_norm.weight",
    keyNorm: "self_attn.k_norm.weight",
    feedForwardNorm: "post_attention_layernorm.weight",
    gate: "mlp.gate_proj",
    up: "mlp.up_proj",
    down: "mlp.down_proj",
  },
  layerPrefix: (layer) => `model.layers.${layer}.`,
  ignored: /\.rotary_emb\.inv_freq$/,
};
