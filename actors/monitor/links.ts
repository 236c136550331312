/** How fast the links to this device are, from what really came over them, or small probes where nothing does. */
import type { Ref, Reply, Sender } from "../../runtime/actor/mod.ts";
import * as v from "valibot";
import { monitorOf } from "../addresses.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { LinkReport } from "../leader/protocol.ts";
import { Samples } from "./samples.ts";

/** Values that a median is taken over. */
const WINDOW = 9;
/** Bytes of a probe for bandwidth: about 20 ms at 100 Mbit/s, so it disturbs nobody. */
export const PROBE_BYTES = 256 * 1024;
/** A link of which nothing was learnt for so long is probed. */
const STALE_MILLISECONDS = 60_000;
/** A probe that takes longer says that the link is slower than this allows; it is given up. */
const PROBE_MILLISECONDS = 20_000;
/** Empty asks that a round trip is the median of. */
const ROUND_TRIPS = 5;

interface Incoming {
  readonly roundTrip: Samples;
  readonly bytesPerSecond: Samples;
  learntAt: number;
  probing: boolean;
}

/** The links from other devices to this one. */
export class Links {
  readonly #clock: Clock;
  readonly #incoming = new Map<string, Incoming>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A transfer of `bytes` from a device took so long, round trip included. */
  transferred(from: string, bytes: number, milliseconds: number): void {
    if (milliseconds <= 0) return;
    const link = this.#of(from);
    link.bytesPerSecond.add((bytes / milliseconds) * 1000);
    link.learntAt = this.#clock.now();
  }

  /** Probes one link of which nothing is known, or nothing new; false where there is none to probe. */
  async probeNext(peers: readonly string[], sender: Sender): Promise<boolean> {
    for (const known of this.#incoming.keys()) if (!peers.includes(known)) this.#incoming.delete(known);
    const now = this.#clock.now();
    const stale = peers.find((peer) => {
      const link = this.#incoming.get(peer);
      if (link === undefined) return true;
      return !link.probing && (link.roundTrip.count === 0 || now - link.learntAt > STALE_MILLISECONDS);
    });
    if (stale === undefined) return false;
    const link = this.#of(stale);
    link.probing = true;
    try {
      for (let trip = 0; trip < ROUND_TRIPS; trip++) {
        const took = await this.#echo(stale, 0, sender);
        if (took !== undefined) link.roundTrip.add(took);
      }
      const took = await this.#echo(stale, PROBE_BYTES, sender);
      const transfer = Math.max(0.01, (took ?? PROBE_MILLISECONDS) - (link.roundTrip.median() ?? 0));
      this.transferred(stale, PROBE_BYTES, transfer);
    } finally {
      link.probing = false;
    }
    return true;
  }

  /** What is known of each link. */
  report(): LinkReport[] {
    return [...this.#incoming].flatMap(([from, { roundTrip, bytesPerSecond }]) => {
      const [trip, rate] = [roundTrip.median(), bytesPerSecond.median()];
      return trip === undefined || rate === undefined
        ? []
        : [{ from, roundTripMilliseconds: trip, bytesPerSecond: rate }];
    });
  }

  /** Milliseconds until a device has sent so many bytes here, or undefined where it did not. */
  async #echo(from: string, bytes: number, sender: Sender): Promise<number | undefined> {
    const begin = this.#clock.now();
    const outcome = await sender.ask(
      monitorOf(from),
      (replyTo: Ref<Reply<Uint8Array>>) => ({ type: "echo" as const, bytes, replyTo }),
      { timeoutMs: PROBE_MILLISECONDS, parse: (value) => v.parse(v.instance(Uint8Array), value) },
    );
    return outcome.type === "reply" ? this.#clock.now() - begin : undefined;
  }

  #of(from: string): Incoming {
    const link = this.#incoming.get(from) ?? {
      roundTrip: new Samples(WINDOW),
      bytesPerSecond: new Samples(WINDOW),
      learntAt: this.#clock.now(),
      probing: false,
    };
    this.#incoming.set(from, link);
    return link;
  }
}
