/** What the layers of a segment share. */
import type { Architecture } from "../manifest.ts";
import { Caches, type CacheShape } from "./caches.ts";
import { Gates } from "./gates.ts";
import type { Kernels } from "./kernels.ts";
import { Positions } from "./positions.ts";
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

  constructor(kernels: Kernels, architecture: Architecture, shape: CacheShape) {
    this.kernels = kernels;
    this.architecture = architecture;
    this.caches = new Caches(kernels, architecture, shape);
    this.positions = new Positions(kernels, architecture, shape);
    this.gates = new Gates(kernels, architecture);
    this.single = new SingleRow(kernels, architecture.width);
    this.replay = new Replay(kernels, architecture, this);
  }

  /** Lets go of it all; after the layers. */
  close(): void {
    this.replay.close();
    this.single.close();
    this.gates.close();
    this.positions.close();
    this.caches.close();
  }
}
