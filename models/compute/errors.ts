/** How computing fails. */

/** The worker could not do what it was asked to, or is gone. */
export class ComputeError extends Error {
  override readonly name: string = "ComputeError";
}

/** The worker is gone, and every segment that was open on it. Another `open` starts a new one. */
export class ComputeGoneError extends ComputeError {
  override readonly name = "ComputeGoneError";
}
