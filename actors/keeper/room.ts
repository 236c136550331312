/** The owner's limit for blocks that do not run here, and how much of it is taken. */
export interface Room {
  readonly limitBytes: number | undefined;
  /** As of the last look. */
  keptBytes: number;
  /** Whether it has been said that the limit cannot be kept to. */
  warned: boolean;
}

/** Bytes that copies for other devices may take yet, of so many that the disk has for them. */
export function spareBytes({ limitBytes, keptBytes }: Room, diskBytes: number): number {
  return limitBytes === undefined ? diskBytes : Math.max(0, Math.min(diskBytes, limitBytes - keptBytes));
}
