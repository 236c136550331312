/** What actors ask of the machine and of the mesh they are on, behind interfaces: a browser tab is to answer them too. */
import type { DeviceReport } from "./leader/protocol.ts";

/** A live peer as the mesh knows it. */
export interface PeerView {
  readonly device: string;
  readonly name: string;
  readonly roundTripMs: number | undefined;
}

/** Live peers, this device not among them. */
export type Peers = () => readonly PeerView[];

/** Readings of the machine. */
export interface Host {
  /** What is free for models, and in all; bytes. */
  readMemory(): Promise<{ readonly totalBytes: number; readonly availableBytes: number }>;
  /** Bytes free on the disk that holds the block store. */
  readFreeDisk(): Promise<number>;
  /** What machines tell beside memory. */
  readSensors(): Promise<DeviceReport["sensors"]>;
  /**
   * How much others need the machine: the part of the time, 0 to 1, in which programs waited for memory, and the part of
   * the processor's time that other programs than this one took since the last reading. Absent where no machine tells.
   */
  readContention?(): Promise<{ readonly memoryStalls?: number; readonly othersBusy?: number }>;
  /** Bytes that this process holds. */
  processBytes(): number;
  /** Seconds that this process has computed, on all cores together, and that it has been up. Absent where no machine tells. */
  processSeconds?(): { readonly computed: number; readonly up: number };
}
