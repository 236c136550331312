/** The model that comes with Skein. */
import { fileURLToPath } from "node:url";

/** Its name and version; a new training is a new version. */
export const builtinModelName = "gosling-4m-v3";

/** Returns the path of the model's GGUF file (see `MODEL_CARD.md`). */
export function builtinModelPath(): string {
  return fileURLToPath(new URL(`${builtinModelName}.gguf`, import.meta.url));
}
