/** What a check of the doctor's found. */

/** "warn": works, but not as well as it could. */
export interface Finding {
  readonly check: string;
  readonly state: "ok" | "warn" | "fail";
  readonly found: string;
  /** What to do; absent where all is well. */
  readonly advice?: string;
}

/** A line, and one for the advice. */
export function lineOf({ check, state, found, advice }: Finding): string {
  const line = `${state.padEnd(5)} ${check.padEnd(10)} ${found}\n`;
  return advice === undefined ? line : `${line}${" ".repeat(17)}${advice}\n`;
}
