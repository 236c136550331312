/** What can happen to a mesh, and to which of its devices it happens. Pure: `strike.ts` does it. */
import type { Chance } from "./random.ts";

/**
 * kill, leader: SIGKILL to one device, whatever its part or the leader. two: to two at once. freeze: SIGSTOP for 1 to 6 s.
 * term: SIGTERM. join: one more device, which stays until leave ends it, politely or not. The others come back after 1 to 4 s.
 * move: somebody pins another split, drawn, and blocks move. moving: the same, and one of the devices that give or take blocks
 * is killed while they do.
 */
export const FAULTS = [
  "kill",
  "leader",
  "two",
  "freeze",
  "term",
  "join",
  "leave",
  "move",
  "moving",
] as const;
export type FaultKind = typeof FAULTS[number];

/** What a device is to the mesh: the leader, the holder of a part of the plan or of the model's file, or in reserve. */
export type Role =
  | "leader"
  | "first"
  | "middle"
  | "last"
  | "holder"
  | "reserve";

/** The mesh as one that looks for a victim sees it. */
export interface Scene {
  /** Devices that run, those that joined later not among them. */
  readonly running: readonly number[];
  readonly roles: ReadonlyMap<number, readonly Role[]>;
  /** One that joined later, if it runs. */
  readonly guest: number | undefined;
  /** Blocks of the model; 0 while nobody knows. */
  readonly blocks: number;
}

/** How many blocks devices are to hold, in the order of the pipeline. */
export type Share = { readonly device: number; readonly blocks: number };

/** Something that happens to some devices. */
export type Fault =
  | {
    readonly kind: "kill" | "leader" | "two" | "term";
    readonly devices: readonly number[];
    readonly backAfter: number;
  }
  | {
    readonly kind: "freeze";
    readonly devices: readonly number[];
    readonly milliseconds: number;
  }
  | { readonly kind: "join"; readonly devices: readonly [] }
  | {
    readonly kind: "leave";
    readonly devices: readonly number[];
    readonly polite: boolean;
  }
  | {
    readonly kind: "move" | "moving";
    /** Who is killed meanwhile. */
    readonly devices: readonly number[];
    readonly split: readonly Share[];
    /** Milliseconds from the word to the kill. */
    readonly killAfter: number;
    readonly backAfter: number;
  };

/**
 * Chooses what happens next. Two devices always stay: of fewer, nothing could be expected. Undefined where the kind has
 * nobody to happen to.
 */
export function chooseFault(
  kind: FaultKind,
  scene: Scene,
  by: Chance,
): Fault | undefined {
  const { running, roles, guest } = scene;
  const spare = running.length - 2;
  const backAfter = by.between(1000, 4000);
  switch (kind) {
    case "kill": {
      if (spare < 1) return undefined;
      // A part first, then who has it: otherwise rare parts would hardly ever be hit.
      const parts = [
        ...new Set(running.flatMap((device) => roles.get(device) ?? [])),
      ].sort();
      const part = parts.length === 0 ? undefined : by.of(parts);
      const candidates = running.filter((device) => part === undefined || roles.get(device)?.includes(part));
      return { kind, devices: [by.of(candidates)], backAfter };
    }
    case "leader": {
      const leader = running.find((device) => roles.get(device)?.includes("leader"));
      return leader === undefined || spare < 1 ? undefined : { kind, devices: [leader], backAfter };
    }
    case "two": {
      if (spare < 2) return undefined;
      const one = by.of(running);
      return {
        kind,
        devices: [one, by.of(running.filter((device) => device !== one))],
        backAfter,
      };
    }
    case "term":
      return spare < 1 ? undefined : { kind, devices: [by.of(running)], backAfter };
    case "freeze":
      return spare < 1 ? undefined : {
        kind,
        devices: [by.of(running)],
        milliseconds: by.between(1000, 6000),
      };
    case "join":
      return guest === undefined ? { kind, devices: [] } : undefined;
    case "leave":
      return guest === undefined ? undefined : { kind, devices: [guest], polite: by.between(0, 1) < 0.5 };
    case "move":
    case "moving":
      return chooseMove(kind, scene, by);
    default:
      return kind satisfies never;
  }
}

/** Another split over some of the devices, and who dies of it. */
function chooseMove(kind: "move" | "moving", { running, roles, blocks }: Scene, by: Chance): Fault | undefined {
  if (running.length < (kind === "move" ? 2 : 3)) return undefined;
  const left = [...running];
  const order: number[] = [];
  for (
    let count = Math.floor(by.between(1, Math.min(running.length, blocks) + 1));
    count > 0 && left.length > 0;
    count--
  ) {
    const device = by.of(left);
    left.splice(left.indexOf(device), 1);
    order.push(device);
  }
  if (order.length === 0 || blocks < order.length) return undefined;
  const split = order.map((device) => ({ device, blocks: 1 }));
  for (let spare = blocks - order.length; spare > 0; spare--) by.of(split).blocks++;
  const gives = running.filter((device) => !(roles.get(device) ?? []).includes("reserve"));
  const devices = kind === "move" ? [] : [by.of([...new Set([...order, ...gives])])];
  return { kind, devices, split, killAfter: by.between(0, 600), backAfter: by.between(1000, 4000) };
}
