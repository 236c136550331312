/**
 * The only file that knows nact. It gives the names, the hierarchy and the serial dispatch of turns; what is said in
 * docs/actors.md beyond that (mailbox bounds, incarnations, watching, restarts) lives in the files beside this one.
 *
 * Of nact's stopping and supervision only `stop` is used, on actors that have ended already: its `reset` and `resume`
 * can run two handlers at once, and its `stop` waits for nothing.
 */
import nact from "nact";

/** nact's own types check nothing, so these few say what is used of it. */
interface Nact {
  start(): Node;
  spawn(parent: Node, handle: () => void | Promise<void>, name: string): Node;
  dispatch(actor: Node, message: unknown): void;
  stop(actor: Node): void;
}
type Node = { readonly path: unknown };

const { start, spawn, dispatch, stop } = nact as unknown as Nact;

/** An actor's place in nact's hierarchy. */
export interface Place {
  /** Calls the actor's turn soon, after those that were asked for before it, never two at once. */
  wake(): void;
  /** Adds a child. `turn` must not throw. Throws if the name is taken. */
  add(name: string, turn: () => void | Promise<void>): Place;
  /** Takes the place and those below it away; no turn starts afterwards. */
  remove(): void;
}

const WAKE = {};

/** Makes a hierarchy of its own and returns its root, which has no turn. */
export function openStage(): Place {
  return place(start());
}

function place(node: Node): Place {
  return {
    wake: () => dispatch(node, WAKE),
    add: (name, turn) => place(spawn(node, turn, name)),
    remove: () => stop(node),
  };
}
