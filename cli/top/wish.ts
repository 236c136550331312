/** What a key asks of the mesh. */
import type { Part } from "./parts.ts";
import type { View } from "./view.ts";

export type Wish =
  | { readonly type: "quit" }
  /** What if a device left? */
  | { readonly type: "wonder"; readonly device: string; readonly name: string }
  /** What would a split do? */
  | { readonly type: "study"; readonly parts: readonly Part[] }
  /** A split is fixed, or left to the planner again. */
  | { readonly type: "pin"; readonly parts: readonly Part[] | null }
  | { readonly type: "invite" }
  | { readonly type: "ask"; readonly prompt: string }
  /** What was asked is not waited for any more. */
  | { readonly type: "drop" };

/** What is seen after a key, and what it asks for. */
export interface Pressed {
  readonly view: View;
  readonly wish?: Wish;
}
