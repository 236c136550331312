/** Why no plan exists: what is short, by how much, and what would make the model fit. */
import { blockBytes, cacheTokensOf, formatBytes, segmentBytes } from "./bytes.ts";
import { solveExact } from "./exact.ts";
import type { SolveOptions } from "./outcome.ts";
import { isPrivate, mayHold } from "./policy.ts";
import type { Block, Problem } from "./problem.ts";

export interface Shortage {
  readonly resource: "devices" | "policy" | "memory" | "links";
  /** A sentence: what is short, and by how much. */
  readonly reason: string;
  /** Bytes that are missing at least; 0 where memory is not what is short. */
  readonly shortBytes: number;
  /** Each would make it fit by itself, a sentence each. */
  readonly remedies: readonly string[];
}

/** Explains a sound problem for which no plan exists. Remedies are tried, not guessed, while time lasts. */
export function shortageOf(problem: Problem, options: SolveOptions = {}): Shortage {
  return { ...cause(problem, options), remedies: remediesOf(problem, options) };
}

type Cause = Omit<Shortage, "remedies">;

/** The first of these that is so; that blocks cannot be cut is what is left. */
function cause(problem: Problem, options: SolveOptions): Cause {
  return noDevice(problem) ?? noHolder(problem) ?? tooLittleInAll(problem) ?? tooLittleTrusted(problem) ??
    tooFewLinks(problem, options) ?? badlyCut(problem, options);
}

/** The devices that may take blocks, by number. */
function ableOf({ devices }: Problem): number[] {
  return devices.map((_, index) => index).filter((index) => devices[index]?.allowed === true);
}

function usableOf({ devices }: Problem, which: readonly number[]): number {
  return which.reduce((sum, index) => sum + (devices[index]?.usableBytes ?? 0), 0);
}

function noDevice(problem: Problem): Cause | undefined {
  if (ableOf(problem).length > 0) return undefined;
  return { resource: "devices", reason: "No device may take blocks.", shortBytes: 0 };
}

/** A block that nobody may hold, or nobody has the room for. */
function noHolder(problem: Problem): Cause | undefined {
  const { blocks, devices, shape } = problem;
  for (const [index, block] of blocks.entries()) {
    const holders = ableOf(problem).filter((device) => mayHold(problem, device, index));
    const what = `${block.kind === "layer" ? `Layer block ${index}` : `The ${block.kind}`}`;
    if (holders.length === 0) {
      const reason = isPrivate(problem, index)
        ? `${what} is private, and no device that takes part is trusted.`
        : `${what} may be held by no device: pins and exclusions contradict each other.`;
      return { resource: "policy", reason, shortBytes: 0 };
    }
    const roomiest = Math.max(...holders.map((device) => devices[device]?.usableBytes ?? 0));
    const bytes = blockBytes(block, shape);
    if (bytes > roomiest) {
      const reason = `${what} needs ${formatBytes(bytes)}; the roomiest device that may hold it offers ${
        formatBytes(roomiest)
      }: ${formatBytes(bytes - roomiest)} short.`;
      return { resource: "memory", reason, shortBytes: bytes - roomiest };
    }
  }
  return undefined;
}

function tooLittleInAll(problem: Problem): Cause | undefined {
  const { blocks, shape } = problem;
  const able = ableOf(problem);
  const [needed, usable] = [segmentBytes(problem, 0, blocks.length - 1), usableOf(problem, able)];
  if (needed <= usable) return undefined;
  const reason = `The model needs ${formatBytes(needed)} (context ${shape.context}, ${shape.concurrency} at once); ` +
    `${able.length === 1 ? "the device offers" : `${able.length} devices offer`} ${formatBytes(usable)}: ` +
    `${formatBytes(needed - usable)} short.`;
  return { resource: "memory", reason, shortBytes: needed - usable };
}

function tooLittleTrusted(problem: Problem): Cause | undefined {
  const { blocks, shape } = problem;
  const secret = blocks.map((_, index) => index).filter((index) => isPrivate(problem, index));
  const trusted = ableOf(problem).filter((device) => secret.some((block) => mayHold(problem, device, block)));
  const needed = secret.reduce((sum, index) => sum + blockBytes(blocks[index] as Block, shape), 0);
  const usable = usableOf(problem, trusted);
  if (needed <= usable) return undefined;
  const reason = `The private blocks need ${formatBytes(needed)}; trusted devices offer ${formatBytes(usable)}: ` +
    `${formatBytes(needed - usable)} short.`;
  return { resource: "memory", reason, shortBytes: needed - usable };
}

function tooFewLinks(problem: Problem, options: SolveOptions): Cause | undefined {
  if (!feasible({ ...problem, links: everyLink(problem) }, options)) return undefined;
  const reason = "The devices have the memory, but too few of them reach each other.";
  return { resource: "links", reason, shortBytes: 0 };
}

function badlyCut(problem: Problem, options: SolveOptions): Cause {
  const needed = segmentBytes(problem, 0, problem.blocks.length - 1);
  const extra = least((bytes) => feasible(roomier(problem, bytes), options), needed);
  const reason = "The devices have the memory in all, but blocks cannot be cut to fill it" +
    (extra === undefined ? "." : `: ${formatBytes(extra)} more on the roomiest device would do.`);
  return { resource: "memory", reason, shortBytes: extra ?? 0 };
}

function remediesOf(problem: Problem, options: SolveOptions): string[] {
  const { shape, policy } = problem;
  const remedies: string[] = [];
  const needed = segmentBytes(problem, 0, problem.blocks.length - 1);
  const fits = (changed: Problem) => feasible(changed, options);
  const extra = least((bytes) => fits(roomier(problem, bytes)), needed);
  const [roomiest] = problem.devices.filter(({ allowed }) => allowed).toSorted((a, b) => b.usableBytes - a.usableBytes);
  if (extra !== undefined && roomiest !== undefined) {
    remedies.push(`${formatBytes(extra)} more memory on ${roomiest.name}.`);
  }
  const added = least((bytes) => fits(withDevice(problem, bytes)), needed);
  if (added !== undefined) remedies.push(`Another trusted device with ${formatBytes(added)}.`);
  const floor = Math.max(1, shape.promptTokens + shape.outputTokens);
  const context = most((value) => fits({ ...problem, shape: { ...shape, context: value } }), floor, shape.context - 1);
  if (context !== undefined) remedies.push(`A context of ${context} in place of ${shape.context}.`);
  const held = cacheTokensOf(shape);
  const cached = most(
    (value) => fits({ ...problem, shape: { ...shape, cacheTokens: value } }),
    shape.context,
    held - 1,
  );
  if (cached !== undefined) remedies.push(`Caches of ${cached} tokens in all (--cache-tokens) in place of ${held}.`);
  const lanes = most(
    (value) => fits({ ...problem, shape: { ...shape, concurrency: value } }),
    1,
    shape.concurrency - 1,
  );
  if (lanes !== undefined) remedies.push(`${lanes} at once in place of ${shape.concurrency}.`);
  const layers = policy?.privateLayers ?? 0;
  const open = most((value) => fits({ ...problem, policy: { ...policy, privateLayers: value } }), 0, layers - 1);
  if (open !== undefined) remedies.push(`${open} private layers in place of ${layers}.`);
  if ((policy?.pins?.length ?? 0) > 0 && fits({ ...problem, policy: { ...policy, pins: [] } })) {
    remedies.push("No pinned blocks.");
  }
  for (const [index, device] of problem.devices.entries()) {
    if (device.allowed) continue;
    const devices = problem.devices.map((each, which) => which === index ? { ...each, allowed: true } : each);
    if (fits({ ...problem, devices })) remedies.push(`Letting ${device.name} take blocks.`);
  }
  return remedies;
}

/** Whether any plan exists; no is the answer when the time is over. */
function feasible(problem: Problem, options: SolveOptions): boolean {
  const { now = () => 0, deadline = Infinity } = options;
  const left = deadline - now();
  if (left <= 0) return false;
  const slice = { now, deadline: now() + left / 10, gap: 0.99 };
  return solveExact({ ...problem, objective: "latency" }, slice).type === "placed";
}

function roomier(problem: Problem, bytes: number): Problem {
  const able = problem.devices.filter(({ allowed }) => allowed);
  const largest = Math.max(...able.map(({ usableBytes }) => usableBytes));
  const roomiest = able.find(({ usableBytes }) => usableBytes === largest);
  return {
    ...problem,
    devices: problem.devices.map((device) =>
      device === roomiest ? { ...device, usableBytes: device.usableBytes + bytes } : device
    ),
  };
}

function withDevice(problem: Problem, bytes: number): Problem {
  const zeros = problem.blocks.map(() => 0);
  const device = "another device";
  const added = {
    device,
    name: device,
    usableBytes: bytes,
    prefillMillisecondsPerToken: zeros,
    decodeMilliseconds: zeros,
    trusted: true,
    allowed: true,
  };
  const links = problem.devices.flatMap((other) => [
    { from: device, to: other.device, roundTripMilliseconds: 1, bytesPerSecond: 1e8 },
    { from: other.device, to: device, roundTripMilliseconds: 1, bytesPerSecond: 1e8 },
  ]);
  return { ...problem, devices: [...problem.devices, added], links: [...problem.links, ...links] };
}

function everyLink(problem: Problem): Problem["links"] {
  return problem.devices.flatMap(({ device: from }) =>
    problem.devices.filter(({ device }) => device !== from).map(({ device: to }) => {
      return { from, to, roundTripMilliseconds: 1, bytesPerSecond: 1e8 };
    })
  );
}

/** The least number of bytes up to `limit` that holds, to 1 %; undefined where even the limit does not. */
function least(holds: (bytes: number) => boolean, limit: number): number | undefined {
  if (limit <= 0 || !holds(limit)) return undefined;
  let [low, high] = [0, limit];
  while (high - low > Math.max(1, limit / 1000, high / 100)) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The greatest whole number in a range that holds, to 1 %; undefined where even the least does not. */
function most(holds: (value: number) => boolean, floor: number, ceiling: number): number | undefined {
  if (floor > ceiling || !holds(floor)) return undefined;
  let [low, high] = [floor, ceiling + 1];
  while (high - low > Math.max(1, low / 100)) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
