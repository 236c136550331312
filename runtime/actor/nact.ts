/**
 * The only file that knows nact. It gives the names, the hierarchy and the dispatch of turns; what is said in docs/actors.md
 * beyond that (mailbox bounds, incarnations, watching, restarts) lives in the files beside this one.
 *
 * One of its actors, the stage, is dispatched for all: it gives their turns to those that are awake, in the order in which
 * they woke. A dispatch costs as much as a turn, and a token passes three or four actors of a device, each waking the next.
 *
 * Of nact's stopping and supervision only `stop` is used, on actors that have ended already: its `reset` and `resume`
 * can run two handlers at once, and its `stop` waits for nothing.
 */
import nact from "nact";
import { Fifo } from "./fifo.ts";

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

/** Turns of actors that woke while others had theirs, before sockets and timers are looked at. */
const FURTHER_TURNS = 16;

/** Makes a hierarchy of its own and returns its root, which has no turn. */
export function openStage(): Place {
  const awake = new Fifo<StagePlace>();
  const stage = spawn(start(), giveTurns, "stage");
  let due = false;

  function wake(place: StagePlace): void {
    awake.push(place);
    if (due) return;
    due = true;
    dispatch(stage, WAKE);
  }

  function giveTurns(): void {
    for (let left = awake.length + FURTHER_TURNS; left > 0; left--) {
      const place = awake.shift();
      if (place === undefined) break;
      place.giveTurn();
    }
    due = awake.length > 0;
    if (due) dispatch(stage, WAKE);
  }

  return new StagePlace(stage, () => {}, wake);
}

class StagePlace implements Place {
  readonly #node: Node;
  readonly #turn: () => void | Promise<void>;
  readonly #wake: (place: StagePlace) => void;
  readonly #above: StagePlace | undefined;
  readonly #below = new Set<StagePlace>();
  #removed = false;

  constructor(
    node: Node,
    turn: () => void | Promise<void>,
    wake: (place: StagePlace) => void,
    above?: StagePlace,
  ) {
    this.#node = node;
    this.#turn = turn;
    this.#wake = wake;
    this.#above = above;
  }

  wake(): void {
    if (!this.#removed) this.#wake(this);
  }

  giveTurn(): void {
    if (!this.#removed) void this.#turn();
  }

  add(name: string, turn: () => void | Promise<void>): Place {
    const place = new StagePlace(spawn(this.#node, () => {}, name), turn, this.#wake, this);
    this.#below.add(place);
    return place;
  }

  remove(): void {
    if (this.#above !== undefined) this.#above.#below.delete(this);
    this.#markRemoved();
    stop(this.#node);
  }

  #markRemoved(): void {
    this.#removed = true;
    for (const place of this.#below) place.#markRemoved();
    this.#below.clear();
  }
}
