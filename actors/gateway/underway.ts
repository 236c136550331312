/** The answers under way that entered at a device: what the next one finds in line before it. */
import type { Underway } from "../../plans/mod.ts";

/** An answer, as far as it matters to others. */
interface Going extends Underway {
  /** Of its model. */
  readonly model: string;
}

export class UnderwayHere {
  readonly #answers = new Map<string, Going>();

  /** An answer is under way, or further than before. */
  note(id: string, going: Going): void {
    this.#answers.set(id, going);
  }

  /** So many tokens of its prompt are still to be read. */
  left(id: string, promptTokens: number): void {
    const going = this.#answers.get(id);
    if (going !== undefined) this.#answers.set(id, { ...going, promptTokens });
  }

  over(id: string): void {
    this.#answers.delete(id);
  }

  /**
   * The answers of a model that another one finds, of which so many are under way in the mesh. Of those that entered elsewhere
   * nothing is known here: they count as readers of the whole model.
   *
   * @param all under way in the mesh; undefined where that is not known
   * @param levels of the model
   */
  of(model: string, { except, all, levels }: { except: string; all: number | undefined; levels: number }): Underway[] {
    const own = [...this.#answers].filter(([id, going]) => id !== except && going.model === model);
    const others = Math.max(0, (all ?? own.length) - own.length);
    return [
      ...own.map(([, going]) => going),
      ...Array.from({ length: others }, () => ({ level: levels, promptTokens: 0 })),
    ];
  }
}
