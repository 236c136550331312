/** How many bytes of a prompt make a token: counted where prompts are read, needed where they have only arrived. */
import { median } from "../../plans/mod.ts";

/** Of a model of which nothing was read yet. */
const USUAL = 4;
/** Of a shorter prompt what the chat template adds would be most. */
const LONG_BYTES = 256;
/** Prompts that count, the latest. */
const LATEST = 9;
/** Models that are remembered, the latest. */
const MODELS = 16;

export class TokenBytes {
  readonly #models = new Map<string, readonly number[]>();

  /** A prompt of so many bytes had so many tokens. Short ones tell nothing. */
  record(model: string, prompt: { readonly bytes: number; readonly tokens: number }): void {
    const bytes = prompt.bytes / prompt.tokens;
    if (prompt.bytes < LONG_BYTES || !Number.isFinite(bytes)) return;
    const known = this.#models.get(model) ?? [];
    this.#models.delete(model);
    this.#models.set(model, [...known, bytes].slice(-LATEST));
    const [oldest] = this.#models.keys();
    if (oldest !== undefined && this.#models.size > MODELS) this.#models.delete(oldest);
  }

  /** What a token of this model usually has, above 0. */
  of(model: string): number {
    return median(this.#models.get(model) ?? []) ?? USUAL;
  }
}
