/** Layers left out of a model that was not trained for it, the one that is missed least first. */
import { encodeChat } from "../../models/text/mod.ts";
import type { Task } from "../../training/generator/mod.ts";
import { logProbability } from "../../training/evaluation/score.ts";
import { attentionOf } from "./judge.ts";
import type { OpenModel, Runnable } from "./open-model.ts";

/** A prompt's tokens and those of the right answer. */
interface Text {
  readonly ids: readonly number[];
  /** Where the answer begins. */
  readonly from: number;
}

/** What the model is with so many of its layers. */
export interface FewerLayers extends Runnable {
  /** Counted from 0. */
  readonly layers: readonly number[];
}

/** Returns the model with one layer, with two, and so on; each time a layer is left out without which answers stay likeliest. */
export async function withFewerLayers(model: OpenModel, tasks: readonly Task[]): Promise<FewerLayers[]> {
  const texts = tasks.map((task) => textOf(model, task));
  let layers = Array.from({ length: model.manifest.architecture.layers }, (_, layer) => layer);
  const { id } = model.manifest;
  const found: FewerLayers[] = [{ key: `${id} whole`, model, segment: model.segment, layers }];
  while (layers.length > 1) {
    let best = { loss: Infinity, layers };
    for (const without of layers) {
      const left = layers.filter((layer) => layer !== without);
      const segment = await model.openLayers(left);
      const loss = await lossOf(segment, texts, model.manifest.architecture.vocabulary);
      await segment.close();
      if (loss < best.loss) best = { loss, layers: left };
    }
    layers = best.layers;
    found.unshift({ key: `${id} layers ${layers}`, model, segment: await model.openLayers(layers), layers });
  }
  return found;
}

function textOf({ tokenizer, bundle }: OpenModel, { prompt, answer }: Task): Text {
  const before = encodeChat(tokenizer, bundle, [{ role: "user", content: prompt }]);
  return { ids: [...before, ...tokenizer.encode(answer, { addBos: false })], from: before.length };
}

/** Mean negative log-likelihood a token of the answers. */
async function lossOf(
  segment: Runnable["segment"],
  texts: readonly Text[],
  vocabulary: number,
): Promise<number> {
  let [loss, count] = [0, 0];
  for (const { ids, from } of texts) {
    const row = {
      slot: 0,
      position: 0,
      count: ids.length,
      attention: attentionOf(ids.length),
      output: "logits" as const,
    };
    const { logits: [found] } = await segment.step({ rows: [row], tokens: Int32Array.from(ids) });
    for (let at = from; at < ids.length; at++) {
      loss -= logProbability(
        found?.subarray((at - 1) * vocabulary, at * vocabulary) ?? new Float32Array(1),
        ids[at] ?? 0,
      );
      count++;
    }
  }
  return loss / count;
}
