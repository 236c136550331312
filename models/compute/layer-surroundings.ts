/** What the layers of a segment share that are of one shape. */
import type { Architecture } from "../manifest.ts";
import type { Caches } from "./caches.ts";
import { Gates } from "./gates.ts";
import type { Kernels } from "./kernels.ts";
import type { Positions } from "./positions.ts";
import { Replay } from "./replay.ts";
import { SingleRow } from "./single-row.ts";

export class LayerSurroundings {
  readonly kernels: Kernels;
  readonly architecture: Architecture;
  readonly caches: Caches;
  readonly positions: Positions;
  readonly gates: Gates;
  readonly single: SingleRow;
  readonly replay: Replay;

  /** `caches` and `positions` stay whose they are. */
  constructor(
    kernels: Kernels,
    architecture: Architecture,
    { caches, positions }: { readonly caches: Caches; readonly positions: Positions },
  ) {
    this.kernels = kernels;
    this.architecture = architecture;
    this.caches = caches;
    this.positions = positions;
    this.gates = new Gates(kernels, architecture);
    this.single = new SingleRow(kernels, architecture.width);
    this.replay = new Replay(kernels, architecture, this);
  }

  /** Lets go of it all; after the layers. */
  close(): void {
    this.replay.close();
    this.single.close();
    this.gates.close();
  }
}
