/** Faults, done to real processes; devices that ended come back by themselves. */
import process from "node:process";
import type { MeshSummary } from "../../actors/gateway/mesh-view.ts";
import { ended, type LocalMesh } from "../../tests/e2e/local-mesh.ts";
import type { Fault, Role, Scene, Share } from "./faults.ts";
import type { Log } from "./log.ts";

/** The devices of a mesh, and which of them are up for readers and victims. */
export class Field {
  readonly mesh: LocalMesh;
  readonly #log: Log;
  readonly #permanent: number;
  readonly #holders: number;
  readonly #away = new Map<number, "ended" | "frozen">();
  readonly #returns = new Set<Promise<void>>();
  #guest: number | undefined;
  /** Daemons that ended though nobody ended them. */
  readonly strays: string[] = [];
  #closed = false;

  constructor(mesh: LocalMesh, log: Log, holders: number) {
    this.mesh = mesh;
    this.#log = log;
    this.#holders = holders;
    this.#permanent = mesh.daemons.length;
    for (const index of mesh.daemons.keys()) this.#listen(index);
  }

  /** Devices that readers may ask. */
  get readable(): readonly number[] {
    return Array.from({ length: this.#permanent }, (_, index) => index).filter((
      index,
    ) => !this.#away.has(index));
  }

  /** Whether a device has been ended, and is not back. */
  hasEnded(index: number): boolean {
    return this.#away.get(index) === "ended";
  }

  /** Who is what right now, as a device that runs sees it. */
  async scene(): Promise<Scene> {
    const running = this.readable;
    const view = await this.#view(running);
    const segments = view?.state.type === "active" ? view.state.plan.segments : [];
    const roles = running.map((index): [number, Role[]] => {
      const id = this.mesh.daemons[index]?.ready.peerId;
      const place = segments.findIndex(({ device }) => device === id);
      const all: Role[] = [];
      if (view?.leader === id) all.push("leader");
      if (index < this.#holders) all.push("holder");
      if (place === 0) all.push("first");
      if (place > 0) {
        all.push(place === segments.length - 1 ? "last" : "middle");
      }
      return [index, place < 0 ? [...all, "reserve"] : all];
    });
    const blocks = 1 + (segments.at(-1)?.last ?? -1);
    return { running, roles: new Map(roles), guest: this.#guest, blocks };
  }

  async #view(running: readonly number[]): Promise<MeshSummary | undefined> {
    for (const index of running) {
      try {
        const signal = AbortSignal.timeout(1000);
        return await (await fetch(`${this.mesh.api(index)}/skein/plan`, {
          signal,
        })).json() as MeshSummary;
      } catch {
        // The next one may answer.
      }
    }
    return undefined;
  }

  /** Does it; what comes after it, such as a return, goes on by itself. */
  strike(fault: Fault): void {
    switch (fault.kind) {
      case "kill":
      case "leader":
      case "two":
      case "term":
        return this.#end(fault.devices, fault.kind === "term" ? "SIGTERM" : "SIGKILL", fault.backAfter);
      case "freeze":
        for (const index of fault.devices) {
          this.#away.set(index, "frozen");
          this.mesh.signal(index, "SIGSTOP");
          this.#later(async () => {
            await pause(fault.milliseconds);
            this.mesh.signal(index, "SIGCONT");
            this.#log.note("driver", { type: "thawed", device: index });
            this.#away.delete(index);
          });
        }
        return;
      case "join":
        return this.#later(async () => {
          // The device that invited it may be struck meanwhile.
          const joined = await this.mesh.join().catch((error) =>
            this.#log.note("driver", { type: "not joined", error: String(error) })
          );
          if (joined === undefined) return;
          // Those that could not join have a number too.
          const index = this.mesh.daemons.indexOf(joined);
          this.#listen(index);
          this.#guest = index;
          this.#log.note("driver", { type: "joined", device: index });
        });
      case "leave":
        this.#guest = undefined;
        for (const index of fault.devices) {
          this.mesh.signal(index, fault.polite ? "SIGTERM" : "SIGKILL");
        }
        return;
      case "move":
      case "moving":
        return this.#later(async () => {
          await this.#pin(fault.split);
          if (fault.devices.length === 0) return;
          await pause(fault.killAfter);
          this.#end(fault.devices, "SIGKILL", fault.backAfter);
        });
      default:
        fault satisfies never;
    }
  }

  /** Ends devices, which come back later. */
  #end(devices: readonly number[], signal: "SIGTERM" | "SIGKILL", backAfter: number): void {
    const there = devices.filter((index) => !this.#away.has(index));
    for (const index of there) {
      this.#away.set(index, "ended");
      this.mesh.signal(index, signal);
    }
    for (const index of there) this.#later(() => this.#comeBack(index, backAfter));
  }

  /** Asks for a split; nobody has to grant it while devices come and go. */
  async #pin(split: readonly Share[]): Promise<void> {
    const [index = 0] = this.readable;
    const body = JSON.stringify({ split: split.map(({ device, blocks }) => ({ device: `d${device}`, blocks })) });
    const signal = AbortSignal.timeout(5000);
    const words = await fetch(`${this.mesh.api(index)}/skein/plan`, { method: "POST", body, signal })
      .then((response) => response.ok ? "accepted" : response.text(), String);
    this.#log.note("driver", { type: "pinned", split, words });
  }

  /** Waits until everybody is back. */
  async settled(): Promise<void> {
    while (this.#returns.size > 0) await Promise.all(this.#returns);
  }

  /** From now on a daemon may end. */
  close(): void {
    this.#closed = true;
  }

  async #comeBack(index: number, after: number): Promise<void> {
    const pid = this.mesh.daemons[index]?.ready.pid ?? 0;
    await Promise.all([pause(after), ended(pid)]);
    await this.mesh.restart(index);
    this.#listen(index);
    this.#log.note("driver", { type: "back", device: index });
    this.#away.delete(index);
  }

  #later(work: () => Promise<void>): void {
    const done = work().catch((error) => {
      this.strays.push(String(error));
      this.#log.note("driver", { type: "trouble", error: String(error) });
    }).finally(() => this.#returns.delete(done));
    this.#returns.add(done);
  }

  #listen(index: number): void {
    const daemon = this.mesh.daemons[index];
    daemon?.onEvent((event) => this.#log.note(`d${index}`, event));
    daemon?.failed.catch((error) => {
      const expected = this.#closed || this.#away.has(index) ||
        index >= this.#permanent;
      if (!expected) this.strays.push(`d${index} ended: ${error}`);
      this.#log.note(`d${index}`, { type: "ended", words: String(error) });
    });
  }
}

/** Whether a process of this number is there. */
export function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
