/** Where a benchmark looks into a daemon: parts that pass through it before they are used. */
import type { Compute } from "../../models/compute/mod.ts";
import type { Inspect } from "../../runtime/actor/mod.ts";
import type { Transport } from "../../runtime/transport.ts";

/** Given once, at the start; a daemon without has nothing in the way of its messages. */
export interface Instruments {
  /** The way to other devices, or one that goes through something that measures. */
  transport(transport: Transport): Transport;
  /** The compute worker, or one that is measured. */
  compute(compute: Compute): Compute;
  /** What happens in the actor system. */
  inspect(inspect: Inspect): void;
}
