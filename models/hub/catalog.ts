/**
 * Short names of models whose kind Skein runs: instruction-tuned, of architectures that it compiles, in repositories of their
 * makers where these publish GGUF files.
 */

export interface CatalogEntry {
  /** OWNER/NAME:QUANTIZATION on the hub. */
  readonly source: string;
  /** Billions of parameters: about 0.6 GB each at 4 bits. */
  readonly billions: number;
}

export const catalog: Readonly<Record<string, CatalogEntry>> = {
  "qwen3:0.6b": { source: "Qwen/Qwen3-0.6B-GGUF:Q8_0", billions: 0.6 },
  "qwen3:1.7b": { source: "Qwen/Qwen3-1.7B-GGUF:Q8_0", billions: 1.7 },
  "qwen3:4b": { source: "Qwen/Qwen3-4B-GGUF:Q4_K_M", billions: 4 },
  "qwen3:8b": { source: "Qwen/Qwen3-8B-GGUF:Q4_K_M", billions: 8.2 },
  "qwen3:14b": { source: "Qwen/Qwen3-14B-GGUF:Q4_K_M", billions: 14.8 },
  "qwen2.5:0.5b": { source: "Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M", billions: 0.5 },
  "qwen2.5:7b": { source: "Qwen/Qwen2.5-7B-Instruct-GGUF:Q4_K_M", billions: 7.6 },
  "qwen2.5-coder:7b": { source: "Qwen/Qwen2.5-Coder-7B-Instruct-GGUF:Q4_K_M", billions: 7.6 },
  "tinyllama:1.1b": { source: "TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF:Q4_0", billions: 1.1 },
};
