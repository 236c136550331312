/** Applies a change to a problem: a new problem, or why it cannot be. */
import type { Block, Device, Link, Problem, Run, Workload } from "./problem.ts";
import { median } from "./median.ts";
import type { SolverName } from "./solvers.ts";
import type { Change, ShapeField } from "./what-if.ts";

export type Changed =
  /** `solver`: who is to place, where the changes say so. */
  | { readonly type: "changed"; readonly problem: Problem; readonly solver?: SolverName }
  | { readonly type: "invalid"; readonly reason: string };

export interface ApplyOptions {
  /** The blocks of a model by its path, compiled before. Default: no other model is known. */
  readonly blocksOf?: (path: string) => readonly Block[] | undefined;
}

/** Applies changes in order; the first that does not apply ends it. */
export function applyChanges(problem: Problem, changes: readonly Change[], options: ApplyOptions = {}): Changed {
  let changed: Extract<Changed, { type: "changed" }> = { type: "changed", problem };
  for (const change of changes) {
    if (change.type === "solver") {
      changed = { ...changed, solver: change.solver };
      continue;
    }
    const next = applyChange(changed.problem, change, options);
    if (next.type === "invalid") return next;
    changed = { ...changed, problem: next.problem };
  }
  return changed;
}

function applyChange(
  problem: Problem,
  change: Exclude<Change, { readonly type: "solver" }>,
  options: ApplyOptions,
): Changed {
  switch (change.type) {
    case "add-device":
      return addDevice(problem, change);
    case "remove-device": {
      const device = named(problem, change.name);
      return typeof device === "string" ? invalid(device) : removeDevice(problem, device);
    }
    case "link":
      return changeLink(problem, change);
    case "split":
      return split(problem, change.parts);
    case "objective":
      return done({ ...problem, objective: change.objective });
    case "shape":
      return done({ ...problem, shape: { ...problem.shape, ...shapeOf(change.field, change.value) } });
    case "private-layers":
      return done({ ...problem, policy: { ...problem.policy, privateLayers: change.value } });
    case "model": {
      const blocks = options.blocksOf?.(change.path);
      return blocks === undefined
        ? invalid(`The model "${change.path}" is not known here.`)
        : otherModel(problem, blocks);
    }
    default:
      return change satisfies never;
  }
}

/** So many at once are also meant to be there. */
function shapeOf(field: ShapeField, value: number): Partial<Workload> {
  return field === "concurrency" ? { concurrency: value, load: value } : { [field]: value };
}

/** A device's times become the reference's, divided by the speed; its links, where not said, the median of those there are. */
function addDevice(problem: Problem, change: Change & { readonly type: "add-device" }): Changed {
  const { devices, links } = problem;
  const reference = change.like === undefined ? medianDevice(devices) : named(problem, change.like);
  if (typeof reference === "string") return invalid(reference);
  if (reference === undefined) return invalid("A device is added in comparison with others, and there is none.");
  let number = 1;
  while (devices.some(({ device, name }) => device === `new-${number}` || name === `new-${number}`)) number++;
  const name = change.name ?? `new-${number}`;
  if (devices.some((each) => each.name === name || each.device === name)) {
    return invalid(`There is a "${name}" already.`);
  }
  const added: Device = {
    device: name,
    name,
    usableBytes: change.memoryBytes,
    prefillMillisecondsPerToken: reference.prefillMillisecondsPerToken.map((time) => time / change.speed),
    decodeMilliseconds: reference.decodeMilliseconds.map((time) => time / change.speed),
    ...(reference.stepFactors === undefined ? {} : { stepFactors: reference.stepFactors }),
    trusted: change.trusted,
    allowed: true,
  };
  const speed = change.bytesPerSecond ?? median(links.map(({ bytesPerSecond }) => bytesPerSecond)) ?? 12.5e6;
  const trip = change.roundTripMilliseconds ?? median(links.map((link) => link.roundTripMilliseconds)) ?? 2;
  const to = (from: string, into: string) => ({ from, to: into, roundTripMilliseconds: trip, bytesPerSecond: speed });
  const fresh = devices.flatMap(({ device }) => [to(device, name), to(name, device)]);
  return done({ ...problem, devices: [...devices, added], links: [...links, ...fresh] });
}

function removeDevice(problem: Problem, { device, name }: Device): Changed {
  if (problem.policy?.pins?.some((pin) => pin.device === device)) {
    return invalid(`Blocks are pinned to ${name}: take the pin away first.`);
  }
  const { source, ...rest } = problem;
  return done({
    ...rest,
    // Prompts that entered there will enter where the first block is.
    ...(source === undefined || source === device ? {} : { source }),
    devices: problem.devices.filter((each) => each.device !== device),
    links: problem.links.filter(({ from, to }) => from !== device && to !== device),
  });
}

function changeLink(problem: Problem, change: Change & { readonly type: "link" }): Changed {
  const ends = endsOf(problem, change.ends);
  if (typeof ends === "string") return invalid(ends);
  const pairs = ends.both ? [[ends.a, ends.b], [ends.b, ends.a]] : [[ends.a, ends.b]];
  const { bytesPerSecond, roundTripMilliseconds } = change;
  let links = problem.links;
  for (const [from = "", to = ""] of pairs) {
    const known = links.find((link) => link.from === from && link.to === to);
    links = links.filter((link) => link !== known);
    if (bytesPerSecond === undefined && roundTripMilliseconds === undefined) continue;
    const speed = bytesPerSecond ?? known?.bytesPerSecond;
    const trip = roundTripMilliseconds ?? known?.roundTripMilliseconds;
    if (speed === undefined || trip === undefined) {
      return invalid(`There is no link ${change.ends} yet: give both its bandwidth and its round trip, as 50Mbps,5ms.`);
    }
    const link: Link = { from, to, bytesPerSecond: speed, roundTripMilliseconds: trip };
    links = [...links, link];
  }
  return done({ ...problem, links });
}

function endsOf(
  problem: Problem,
  text: string,
): { readonly a: string; readonly b: string; readonly both: boolean } | string {
  const matches: { readonly a: string; readonly b: string; readonly both: boolean }[] = [];
  for (let place = 1; place < text.length - 1; place++) {
    const sign = text[place];
    if (sign !== "-" && sign !== ">") continue;
    const [a, b] = [named(problem, text.slice(0, place)), named(problem, text.slice(place + 1))];
    if (typeof a === "string" || typeof b === "string" || a === b) continue;
    matches.push({ a: a.device, b: b.device, both: sign === "-" });
  }
  const [match] = matches;
  const known = problem.devices.map(({ name }) => name).slice(0, 20).join(", ");
  if (match === undefined) return `"${text}" does not name two devices of the mesh: ${known}.`;
  return matches.length === 1 ? match : `"${text}" can be read in more than one way: use the devices' ids.`;
}

/** Pins every block, as the parts say. */
function split(problem: Problem, parts: (Change & { readonly type: "split" })["parts"]): Changed {
  const pins: Run[] = [];
  let first = 0;
  for (const { name, blocks } of parts) {
    const device = named(problem, name);
    if (typeof device === "string") return invalid(device);
    if (blocks > 0) pins.push({ device: device.device, first, last: first + blocks - 1 });
    first += blocks;
  }
  if (first !== problem.blocks.length) {
    return invalid(`The split has ${first} blocks; the model has ${problem.blocks.length}.`);
  }
  return done({ ...problem, policy: { ...problem.policy, pins: [...problem.policy?.pins ?? [], ...pins] } });
}

/** Times of another model: what a device takes a byte of weights, times the new blocks' bytes. */
function otherModel(problem: Problem, blocks: readonly Block[]): Changed {
  const scaled = (times: readonly number[]) => {
    const of = (kind: Block["kind"]) => {
      let [time, bytes] = [0, 0];
      for (const [index, block] of problem.blocks.entries()) {
        if (block.kind === kind) [time, bytes] = [time + (times[index] ?? 0), bytes + block.weightBytes];
      }
      return bytes === 0 ? 0 : time / bytes;
    };
    const rates = { embed: of("embed"), layer: of("layer"), head: of("head") };
    return blocks.map(({ kind, weightBytes }) => (rates[kind] || (kind === "embed" ? 0 : rates.layer)) * weightBytes);
  };
  const { current: _current, policy, ...rest } = problem;
  const { pins: _pins, ...kept } = policy ?? {};
  return done({
    ...rest,
    blocks,
    policy: kept,
    devices: problem.devices.map((device) => ({
      ...device,
      prefillMillisecondsPerToken: scaled(device.prefillMillisecondsPerToken),
      decodeMilliseconds: scaled(device.decodeMilliseconds),
    })),
  });
}

/** The device of that name or id, or a sentence that says why not. */
function named({ devices }: Problem, wanted: string): Device | string {
  const matches = devices.filter(({ device, name }) => device === wanted || name === wanted);
  const [match] = matches;
  const known = devices.map(({ name }) => name).slice(0, 20).join(", ");
  if (match === undefined) return `No device is called "${wanted}"; the mesh has ${known}.`;
  return matches.length === 1 ? match : `${matches.length} devices are called "${wanted}": give the id.`;
}

function medianDevice(devices: readonly Device[]): Device | undefined {
  const total = ({ decodeMilliseconds }: Device) => decodeMilliseconds.reduce((sum, time) => sum + time, 0);
  return devices.toSorted((a, b) => total(a) - total(b))[Math.floor((devices.length - 1) / 2)];
}

function done(problem: Problem): Changed {
  return { type: "changed", problem };
}

function invalid(reason: string): Changed {
  return { type: "invalid", reason };
}
