/** Test data that stands beside the project and is not shipped with it. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../shared/", import.meta.url));

/** The path of a file below ../shared, whether it is there or not. */
export function shared(path: string): string {
  return `${folder}${path}`;
}

/** For a test's `skip` option: false where the data is there, else why the test is left out. */
export const skipWithoutModels: false | string = existsSync(shared("models/references.json"))
  ? false
  : "the reference models of ../shared/models are not here";

/** What llama.cpp answers: a model file, a prompt with its ids, and 120 greedy ids with their text. */
export interface ReferenceCase {
  readonly model: string;
  readonly prompt: string;
  readonly ids: readonly number[];
  readonly greedy: readonly number[];
  readonly text: string;
}

/** The reference answers for one model file. */
export function references(model: string): ReferenceCase[] {
  const { cases } = JSON.parse(readFileSync(shared("models/references.json"), "utf8")) as { cases: ReferenceCase[] };
  return cases.filter((reference) => reference.model === model);
}
