import { MAX_ADDRESS_LENGTH, MAX_ADDRESSES, MAX_KNOWN_DEVICES } from "./limits.ts";
import { backoff } from "./backoff.ts";

/** Something to dial: a device, or an address of which the device is not yet known. */
export interface Target {
  /** Undefined while only an address is known. */
  readonly device: string | undefined;
  /** Multiaddrs told by somebody who holds the mesh key, or by the person. */
  addresses: readonly string[];
  /** Multiaddrs that mDNS told, which anybody on the local network can say: they never push out the ones above. */
  rumours: readonly string[];
  /** When mDNS last told of it, in milliseconds of the clock. */
  sightedAt?: number;
  /** Dials since the last session that held. */
  attempts: number;
  /** When to dial next, in milliseconds of the clock. */
  dialAt: number;
  dialling: boolean;
  /** Until when the device's own connections are turned away. */
  bannedUntil: number;
  /** Told by somebody who proved the key, or by the person: not to be pushed out by what mDNS says. */
  trusted: boolean;
}

/** The devices and addresses that this device has heard of, bounded. */
export interface Directory {
  /**
   * Takes addresses of a device and returns its target; undefined if the directory is full. `trusted` says whether the
   * source holds the mesh key. New addresses are worth a dial at once.
   */
  learn(device: string, addresses: readonly string[], trusted: boolean, now: number): Target | undefined;
  /** Takes what a device says of itself: it replaces all that was heard before. */
  correct(device: string, addresses: readonly string[]): void;
  /** Takes an address of an unknown device. */
  learnAddress(address: string): void;
  get(device: string): Target | undefined;
  forget(target: Target): void;
  all(): Iterable<Target>;
}

/** Makes an empty directory. */
export function createDirectory(): Directory {
  const targets = new Map<string, Target>();

  function put(key: string, device: string | undefined, addresses: readonly string[], trusted: boolean): Target {
    const target: Target = {
      device,
      addresses: trusted ? addresses : [],
      rumours: trusted ? [] : addresses,
      attempts: 0,
      dialAt: 0,
      dialling: false,
      bannedUntil: 0,
      trusted,
    };
    targets.set(key, target);
    return target;
  }

  function makeRoom(): boolean {
    if (targets.size < MAX_KNOWN_DEVICES) return true;
    for (const [key, target] of targets) {
      if (target.trusted || target.dialling) continue;
      targets.delete(key);
      return true;
    }
    return false;
  }

  return {
    learn(device, heard, trusted, now) {
      const addresses = bounded(heard);
      const known = targets.get(device);
      if (known === undefined) return makeRoom() ? put(device, device, addresses, trusted) : undefined;
      const fresh = addresses.filter((address) => !addressesOf(known).includes(address));
      if (fresh.length === 0) return known;
      if (trusted) known.addresses = [...known.addresses, ...fresh].slice(-MAX_ADDRESSES);
      else known.rumours = [...known.rumours, ...fresh].slice(-MAX_ADDRESSES);
      known.trusted ||= trusted;
      if (known.bannedUntil <= now) known.dialAt = Math.min(known.dialAt, now);
      return known;
    },
    correct(device, addresses) {
      const known = targets.get(device) ?? (makeRoom() ? put(device, device, [], true) : undefined);
      if (known === undefined) return;
      known.trusted = true;
      known.addresses = bounded(addresses);
      known.rumours = [];
    },
    learnAddress(address) {
      if (!targets.has(address) && makeRoom()) put(address, undefined, [address], true);
    },
    get: (device) => targets.get(device),
    forget(target) {
      for (const [key, other] of targets) if (other === target) targets.delete(key);
    },
    all: () => targets.values(),
  };
}

/** All addresses of a target, the better founded first. */
export function addressesOf(target: Target): readonly string[] {
  return [...target.addresses, ...target.rumours];
}

function bounded(addresses: readonly string[]): readonly string[] {
  return addresses.filter((address) => address.length <= MAX_ADDRESS_LENGTH).slice(0, MAX_ADDRESSES);
}

/** Where members can be dialled, each with its id where that is known: not what mDNS alone says. Of at most `most` devices. */
export function memberAddressesIn(directory: Directory, most: number): string[] {
  return [...directory.all()].filter(({ trusted }) => trusted).slice(0, most).flatMap(({ device, addresses }) => {
    const suffix = device === undefined ? "" : `/p2p/${device}`;
    return addresses.map((address) => address.includes("/p2p/") ? address : `${address}${suffix}`);
  });
}

/** Sets the time of the next dial after one more failure; returns the wait in milliseconds. */
export function postpone(target: Target, now: number, atLeast = 0): number {
  const wait = Math.max(backoff(target.attempts), atLeast);
  target.attempts++;
  target.dialAt = now + wait;
  return wait;
}

/** Has everybody who may be talked to dialled at the next chance, with the shortest waits where that fails. */
export function hurry(directory: Directory, now: number): void {
  for (const target of directory.all()) {
    if (target.bannedUntil > now) continue;
    target.attempts = 0;
    target.dialAt = Math.min(target.dialAt, now);
  }
}
