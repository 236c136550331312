/**
 * The mesh's key through its changes: which one is in force here, who is out, and who may still come by the key of now with
 * one of before. Knows nothing of sessions; what is to be done about them it says to its options.
 */
import type { PrivateKey } from "@libp2p/interface";
import { errorText } from "../error-text.ts";
import type { Grant } from "./admission.ts";
import { forgottenIn, fromBase64, isGenuine, judge, type KeyChange, signChange, toBase64 } from "./change.ts";
import type { MeshEvent } from "./contract.ts";
import type { Door } from "./door.ts";
import { createMeshKey, deriveKeys } from "./key.ts";
import { passKey } from "./proof.ts";
import { type KnownDevice, type MeshRecord, seen } from "./record.ts";

/** How long a device may have been away, and still come by a new key with the one of before. */
const FORMER_KEY_MILLISECONDS = 30 * 24 * 3600 * 1000;
/** Keys of before that are good for that. */
const MAX_FORMER_KEYS = 8;
/** Changes that may wait for their turn; each peer says again what it knows when it comes back. */
const MAX_WAITING = 64;

export interface RekeyingOptions {
  readonly self: string;
  readonly identity: PrivateKey;
  /** The mesh key, 32 bytes. */
  readonly key: Uint8Array;
  readonly record: MeshRecord;
  readonly door: Door;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Keeps key and record for the next start. */
  keep(key: Uint8Array, record: MeshRecord): Promise<void>;
  /** Where members may be met, for those who come by the key. */
  addresses(): readonly string[];
  tell(device: string, change: KeyChange): void;
  /** A change is in force: forgotten devices are to go, the others to be told, by this service tag they find each other. */
  changed(change: KeyChange, serviceTag: string): void;
  emit(event: MeshEvent): void;
}

/** The key of a device's mesh. */
export class Rekeying {
  readonly #options: RekeyingOptions;
  #key: Uint8Array;
  #record: MeshRecord;
  /** Closes the passes of the keys of before. */
  #passes: (() => void)[] = [];
  /** Changes are taken one after another. */
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(options: RekeyingOptions) {
    this.#options = options;
    this.#key = options.key;
    this.#record = options.record;
    this.#openFormer();
  }

  get devices(): readonly KnownDevice[] {
    return this.#record.devices;
  }

  /** Whether a device is out. */
  isForgotten(device: string): boolean {
    return this.#record.change?.forgotten.includes(device) === true;
  }

  /** Why a device may not have the key of now by showing one of before, or undefined. */
  #objection(device: string): string | undefined {
    if (this.isForgotten(device)) return "it was put out of the mesh";
    const known = this.#record.devices.some((other) => other.device === device);
    return known ? undefined : "it is not known here";
  }

  /** What a device is given that may come in. */
  grant(): Grant {
    const { change } = this.#record;
    const addresses = [...this.#options.addresses()];
    return { type: "granted", key: toBase64(this.#key), addresses, ...(change === undefined ? {} : { change }) };
  }

  /** A device is here: it is remembered, and told of the latest change. */
  met(device: string, name: string, version: string): void {
    const { now, tell } = this.#options;
    const devices = seen(this.#record.devices, { device, name, version, lastSeenAt: now() });
    this.#record = { ...this.#record, devices };
    this.#keepQuietly();
    if (this.#record.change !== undefined) tell(device, this.#record.change);
  }

  /** Puts a device out. @throws where it is this one, or the change cannot be kept. */
  forget(device: string): Promise<void> {
    if (device === this.#options.self) throw new RangeError("A device cannot put itself out: stop it instead.");
    return this.#inTurn(() => this.#make([...forgottenIn(this.#record.change).filter((id) => id !== device), device]));
  }

  /** Takes a change that a device tells of, which may be another's; resolves to whether it is in force now. */
  heard(from: string, change: KeyChange): Promise<boolean> {
    if (this.#waiting >= MAX_WAITING) return Promise.resolve(false);
    return this.#inTurn(() => this.#hear(from, change)).catch((error) => {
      this.#failed("A change of the mesh's key", error);
      return false;
    });
  }

  async #hear(from: string, change: KeyChange): Promise<boolean> {
    const { self, tell, emit } = this.#options;
    const current = this.#record.change;
    const known = [self, from, ...this.#record.devices.map(({ device }) => device)].includes(change.by);
    const verdict = await isGenuine(change) ? judge(change, current, { self, known }) : "refuse";
    if (verdict === "refuse") {
      const sentence = `${from} told of a change of the mesh's key by ${change.by} that does not count here.`;
      emit({ type: "refused", target: from, reason: "not-permitted", sentence });
      return false;
    }
    if (verdict === "ignore") {
      if (current !== undefined && current.signature !== change.signature) tell(from, current);
      return current?.signature === change.signature;
    }
    await this.#adopt(change);
    // Two that were made at once: whom either put out is out.
    const all = forgottenIn(change, current);
    if (all.length > change.forgotten.length) await this.#make(all);
    return true;
  }

  async #make(forgotten: readonly string[]): Promise<void> {
    const { self: by, identity } = this.#options;
    const epoch = (this.#record.change?.epoch ?? 0) + 1;
    await this.#adopt(
      await signChange({ epoch, key: toBase64(createMeshKey()), forgotten: [...forgotten], by }, identity),
    );
  }

  async #adopt(change: KeyChange): Promise<void> {
    const { door, now, keep, changed, emit } = this.#options;
    const key = fromBase64(change.key);
    const { preSharedKey, serviceTag } = await deriveKeys(key);
    const before = { key: toBase64(this.#key), until: now() + FORMER_KEY_MILLISECONDS };
    const former = before.key === change.key ? this.#record.former : [before, ...this.#record.former];
    const record = {
      change,
      former: former.filter(({ until }) => until > now()).slice(0, MAX_FORMER_KEYS),
      devices: this.#record.devices.filter(({ device }) => !change.forgotten.includes(device)),
    };
    // Kept first: a device that ends now must not come back with a key that nobody else has.
    await keep(key, record);
    this.#key = key;
    this.#record = record;
    door.key = preSharedKey;
    this.#openFormer();
    changed(change, serviceTag);
    emit({ type: "key-changed", by: change.by, forgotten: change.forgotten });
  }

  #openFormer(): void {
    const { door, now } = this.#options;
    for (const close of this.#passes) close();
    this.#passes = this.#record.former.filter(({ until }) => until > now()).map(({ key }) => {
      const objection = (device: string) => this.#objection(device);
      return door.open({ key: passKey(fromBase64(key), "renewal"), objection, used: () => {} });
    });
  }

  /** Key to show at a member's door, where it may be that this device missed a change. */
  renewalKey(): Uint8Array {
    return passKey(this.#key, "renewal");
  }

  #keepQuietly(): void {
    this.#inTurn(() => this.#options.keep(this.#key, this.#record))
      .catch((error) => this.#failed("Whom this device has met", error));
  }

  #failed(what: string, error: unknown): void {
    this.#options.emit({ type: "listener-failed", sentence: `${what} could not be kept: ${errorText(error)}` });
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const result = this.#turn.then(action).finally(() => this.#waiting--);
    this.#turn = result.catch(() => {});
    return result;
  }
}
