import type { AllowedCircle } from "./rules.ts";

/** True recursion among files. An entry that no circle needs any more is an error. */
export const allowedCircles: readonly AllowedCircle[] = [];
