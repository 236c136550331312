/** The models in force, in OpenAI's shape and with what clients of other servers look for. */
import { type ActivePlan, comparePlans, type MeshState, servedIn } from "../plan.ts";
import { RequestError } from "./request-error.ts";

/** When each model was first seen in force here, in seconds of the Unix epoch, by its id. */
export class FirstSeen {
  readonly #at = new Map<string, number>();

  of(id: string): number {
    const at = this.#at.get(id) ?? Math.floor(Date.now() / 1000);
    this.#at.set(id, at);
    return at;
  }
}

/** Every model in force. */
export function listModels(state: MeshState, seen: FirstSeen): object {
  return { object: "list", data: servedIn(state).map((plan) => describe(plan, seen)) };
}

/** One model, by its name or hash, or whichever is the default. @throws {RequestError} 404 where there is none such. */
export function findModel(state: MeshState, name: string, seen: FirstSeen): object {
  const plans = servedIn(state).sort((a, b) => comparePlans(b.number, a.number));
  const found = plans.find(({ model }) => name === "default" || model.id === name || model.name === name);
  if (found !== undefined) return describe(found, seen);
  const known = plans.map(({ model }) => `"${model.name}"`).join(", ");
  const message = known === ""
    ? "The mesh serves no model right now."
    : `The mesh serves ${known}, not "${name.slice(0, 200)}"; "default" stands for whichever it serves.`;
  throw new RequestError(404, "model_not_found", message, "model");
}

/** The context length under the names that vLLM and OpenRouter gave it: clients cut their prompts by it. */
function describe({ model: { id, name }, context }: ActivePlan, seen: FirstSeen): object {
  return {
    id: name,
    object: "model",
    created: seen.of(id),
    owned_by: "skein",
    max_model_len: context,
    context_length: context,
    sha256: id,
  };
}
