/** A model file that cannot be used, with the sentence to show to whoever chose it. */
export class ModelFileError extends Error {
  override readonly name = "ModelFileError";
  /** The file or folder. */
  readonly path: string;

  /** `problem` goes on after the path: what is wrong; `advice` says what to do. */
  constructor(path: string, problem: string, advice: string, options?: ErrorOptions) {
    super(`Cannot use the model "${path}": ${problem}. ${advice}`, options);
    this.path = path;
  }
}

/** What to do about a file that ends early or contradicts itself. */
export const adviceToFetchAgain =
  "The file is damaged or was not fetched completely: fetch it again and compare its checksum.";
