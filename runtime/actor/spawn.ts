import type { Behaviour, SpawnOptions } from "./behaviour.ts";
import { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { wake } from "./home.ts";
import type { Message } from "./ref.ts";
import { turn } from "./turn.ts";

const NAME = /^[A-Za-z0-9_.+-]{1,128}$/;
/** Deeper trees have paths that other devices would refuse. */
const LONGEST_PATH = 512;

/** Makes an actor whose first turn, which starts it, is due. */
export function spawnCell<S, M extends Message>(
  core: Core,
  parent: Cell | undefined,
  behaviour: Behaviour<S, M>,
  options: SpawnOptions,
): Cell {
  const { name, mailbox, restart } = options;
  const path = `${parent?.path ?? ""}/${name}`;
  if (core.stopped || parent?.life.over) throw new Error(`spawn ${path}: the parent has ended`);
  if (!NAME.test(name)) throw new RangeError(`spawn ${path}: a name has 1 to 128 letters, digits and _ . + -`);
  if (path.length > LONGEST_PATH) throw new RangeError(`spawn ${path}: a path has at most ${LONGEST_PATH} characters`);
  if (mailbox !== undefined && !(mailbox >= 1)) {
    throw new RangeError(`spawn ${path}: mailbox is ${mailbox}, it must be at least 1`);
  }
  if (!((restart?.restarts ?? 0) >= 0 && (restart?.seconds ?? 1) > 0)) {
    throw new RangeError(`spawn ${path}: restart needs restarts of at least 0 and seconds above 0`);
  }
  if (core.cells.has(path)) throw new Error(`spawn ${path}: an actor of this name lives; stop it and wait, or rename`);
  const cell = new Cell(core.device, core.incarnation(), parent, behaviour as Behaviour<unknown, Message>, options);
  cell.place = (parent?.place ?? core.stage).add(name, () => turn(core, cell));
  core.cells.set(path, cell);
  parent?.children.set(name, cell);
  wake(cell);
  return cell;
}
