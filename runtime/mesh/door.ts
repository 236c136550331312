/** The keys that open this device's door, and what each opens: the mesh, or only the way to its key. */
import { timingSafeEqual } from "node:crypto";
import { type Grant, type Pass } from "./admission.ts";
import { derived } from "./proof.ts";

/** Passes at once: invites that are out, and keys of before. */
const MAX_PASSES = 64;

/** What a proof has shown. */
export type Shown = { readonly type: "member"; readonly key: Uint8Array } | {
  readonly type: "pass";
  readonly pass: Pass;
};

/** The door of a node. */
export interface Door {
  /** The pre-shared key that members hold now: 32 bytes. */
  key: Uint8Array;
  /** What whoever shows a pass is given. */
  grant(): Grant;
  /** Connections of those who have shown a key, of whatever kind: the others are strangers. */
  readonly proven: WeakSet<object>;
  /** Lets devices in by a pass, until the returned function is called; the oldest go where there are too many. */
  open(pass: Pass): () => void;
  /** Which key a dialler's proof shows; undefined for none. */
  shown(proof: Uint8Array, nonces: readonly Uint8Array[]): Shown | undefined;
}

/** Makes a door that members alone come in by; without `grant` nothing can be had by a pass. */
export function createDoor(key: Uint8Array, grant: () => Grant = grantNothing): Door {
  const passes = new Set<Pass>();
  const isProof = (proof: Uint8Array, key: Uint8Array, nonces: readonly Uint8Array[]) =>
    timingSafeEqual(proof, derived(key, "prove", "dialler", nonces));
  return {
    key,
    grant,
    proven: new WeakSet(),
    open(pass) {
      passes.add(pass);
      const [oldest] = passes;
      if (passes.size > MAX_PASSES && oldest !== undefined) passes.delete(oldest);
      return () => void passes.delete(pass);
    },
    shown(proof, nonces) {
      if (isProof(proof, this.key, nonces)) return { type: "member", key: this.key };
      const pass = [...passes].find(({ key }) => isProof(proof, key, nonces));
      return pass === undefined ? undefined : { type: "pass", pass };
    },
  };
}

function grantNothing(): never {
  throw new Error("nothing is given out at this door");
}
