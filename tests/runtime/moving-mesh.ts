/** Three devices between which actors are handed over, on a simulated clock. */
import assert from "node:assert/strict";
import { createLoopback, type Loopback } from "../../runtime/actor/loopback.ts";
import { type ActorSystem, createActorSystem, type Ref, type Reply } from "../../runtime/actor/mod.ts";
import { type SimulatedClock, simulatedClock } from "../../runtime/clock.ts";
import { type Entry, type Keep, keeper } from "./actor-ledger.ts";

export const DEVICES = ["a", "b", "c"] as const;
/** Where actors move between. */
export type Device = typeof DEVICES[number];
/** Asks that must not time out. */
export const LONG = { timeoutMs: 100_000 };

/** Three devices on links of any latency, a keeper on each. */
export class Mesh implements AsyncDisposable {
  readonly clock: SimulatedClock = simulatedClock();
  readonly network: Loopback = createLoopback({ clock: this.clock, link: { latencyMs: 1 } });
  readonly systems = new Map<Device, ActorSystem>();
  readonly keepers = new Map<Device, Ref<Keep>>();

  constructor() {
    for (const device of DEVICES) {
      const transport = this.network.join(device);
      const system = createActorSystem({ device, clock: this.clock, transport, graceMs: 10 });
      this.systems.set(device, system);
      this.keepers.set(device, system.spawn(keeper, { name: "keeper" }));
    }
  }

  at(device: Device): ActorSystem {
    return this.systems.get(device) ?? assert.fail();
  }

  keeper(device: Device): Ref<Keep> {
    return this.keepers.get(device) ?? assert.fail();
  }

  async open(device: Device): Promise<Ref<Entry>> {
    return await this.settled(
      this.at(device).ask(
        this.keeper(device),
        (replyTo: Ref<Reply<Ref<Entry>>>) => ({ type: "open", replyTo }),
        LONG,
      ),
    );
  }

  /** Hands a ledger on; resolves to where it lives then. */
  async hand(child: Ref<Entry>, to: Device): Promise<Ref<Entry>> {
    return await this.settled(this.handing(child, to));
  }

  handing(child: Ref<Entry>, to: Device): Promise<{ type: string; value?: Ref<Entry> }> {
    return this.at(child.device as Device).ask(
      this.keeper(child.device as Device),
      (replyTo: Ref<Reply<Ref<Entry>>>) => ({ type: "hand", child, to: this.keeper(to), replyTo }),
      LONG,
    );
  }

  async read(at: Device, ref: Ref<Entry>): Promise<readonly string[]> {
    const outcome = this.at(at).ask(ref, (replyTo: Ref<Reply<readonly string[]>>) => ({ type: "read", replyTo }), LONG);
    return await this.settled(outcome);
  }

  /** Moves time on until there is an answer. */
  async settled<T>(asked: Promise<{ type: string; value?: T }>): Promise<T> {
    let outcome: { type: string; value?: T } | undefined;
    void asked.then((ended) => outcome = ended);
    while (outcome === undefined) await this.clock.advance(1);
    assert.equal(outcome.type, "reply");
    return outcome.value as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const system of this.systems.values()) await system.stop();
  }
}
