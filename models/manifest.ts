/**
 * What a mesh knows of a model: its architecture, its tokenizer and its ordered blocks, each with sizes, hashes and cost.
 * A manifest is plain data: it travels between devices and is validated before it is believed.
 */

/** The model families whose graphs the compiler can build. */
export type Family = "llama" | "mistral" | "qwen2" | "qwen3";

/** How far apart the two halves of a rotated pair stand in a head: next to each other (GGUF llama) or half a head away. */
export type RotaryLayout = "interleaved" | "half";

/** Llama 3 rope scaling (Hugging Face `rope_scaling` with `rope_type: "llama3"`). */
export interface RopeScaling {
  readonly factor: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
  readonly originalContext: number;
}

/** Sizes and constants of a decoder-only transformer. */
export interface Architecture {
  readonly family: Family;
  /** Decoder layers. */
  readonly layers: number;
  /** Elements of the hidden state of one token. */
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Elements of one head; not always `width / heads`. */
  readonly headSize: number;
  readonly feedForward: number;
  /** Rows of the embedding and columns of the head. */
  readonly vocabulary: number;
  /** Positions the model was trained for. */
  readonly context: number;
  readonly normEpsilon: number;
  readonly ropeTheta: number;
  readonly ropeScaling?: RopeScaling;
  /** Divisors of the rotary frequencies, one a pair (GGUF's tensor `rope_freqs.weight`): in place of `ropeScaling`. */
  readonly ropeFactors?: readonly number[];
  readonly rotary: RotaryLayout;
}

/** A blob in the block store: its SHA-256 (64 lower-case hex digits) and its size. */
export interface Blob {
  readonly sha256: string;
  readonly bytes: number;
}

/** How the rows of an embedding table are stored. Quantised rows have GGUF's own layout. */
export type EmbeddingType = "F32" | "F16" | "BF16" | "Q4_0" | "Q8_0" | "Q4_K" | "Q5_K" | "Q6_K";

interface BlockBase {
  /** Place in the model: 0 is the embedding, 1 to `layers` the decoder layers, `layers + 1` the head. */
  readonly index: number;
  /** Bytes of weights that the block holds in memory when loaded, all copies that the runtime makes included. */
  readonly memoryBytes: number;
  /** Multiply-adds a token, attention over the cache left out. */
  readonly multiplyAddsPerToken: number;
}

/** The embedding: a table look-up, so there is no graph. */
export interface EmbedBlock extends BlockBase {
  readonly kind: "embed";
  readonly weights: Blob;
  readonly table: EmbeddingType;
}

/** One decoder layer: graph inputs and outputs are listed in `models/onnx/layer.ts`. */
export interface LayerBlock extends BlockBase {
  readonly kind: "layer";
  readonly graph: Blob;
  readonly weights: Blob;
  /** Bytes of KV cache a token takes here, at float32. */
  readonly kvBytesPerToken: number;
  /**
   * Of a small layer made of slices: the layer at each level below the whole, from the least, with weights of its own. Calls
   * cost more than weights there.
   */
  readonly levels?: readonly LayerPart[];
}

/** A graph of a layer with its weights. */
export interface LayerPart {
  readonly graph: Blob;
  readonly weights: Blob;
  /** As a block's. */
  readonly memoryBytes: number;
}

/** A large decoder layer made of slices: one copy of the weights serves every level. See `models/onnx/slice.ts`. */
export interface SlicedBlock extends BlockBase {
  readonly kind: "layer";
  readonly kvBytesPerToken: number;
  /** In the order of their importance. */
  readonly slices: readonly LayerSlice[];
}

/** The heads and the neurons of a slice. */
export interface LayerSlice {
  readonly attention: LayerPart;
  readonly feedForward: LayerPart;
}

/** Final norm and output projection: hidden states to logits. */
export interface HeadBlock extends BlockBase {
  readonly kind: "head";
  readonly graph: Blob;
  readonly weights: Blob;
}

/** The atom of placement. */
export type Block = EmbedBlock | LayerBlock | SlicedBlock | HeadBlock;

/** What lets a model run at less than its whole: see `elastic.ts`. */
export interface Elastic {
  /** Slices of a layer that is no anchor; so many levels there are. */
  readonly slices: number;
  /** Layers that are always whole, counted from 0, in order. */
  readonly anchors: readonly number[];
  /** The model that chooses levels, an ONNX graph with its weights: see `compute/chooser.ts`. */
  readonly chooser?: Blob;
}

/** A compiled model. */
export interface Manifest {
  readonly format: 1;
  /** SHA-256 of the manifest's canonical JSON without this field. */
  readonly id: string;
  /** What people call it: the file's or folder's name, without its ending. */
  readonly name: string;
  readonly architecture: Architecture;
  /** What the layers' weights are stored as, for people: "F32", "Q8_0", "4 bits in blocks of 32"… */
  readonly quantization: string;
  /** What a person should know before using the model, a sentence each. */
  readonly notes?: readonly string[];
  /** The tokenizer bundle (JSON, see `models/text/bundle.ts`). */
  readonly tokenizer: Blob;
  /** In order: embed, the layers, head. */
  readonly blocks: readonly Block[];
  /** Of a model whose layers are made of slices. */
  readonly elastic?: Elastic;
}
