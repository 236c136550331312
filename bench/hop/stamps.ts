/** What a device notes while a token passes through it. */
import type { Compute, ComputeSegment } from "../../models/compute/mod.ts";
import type { Instruments } from "../../actors/daemon/mod.ts";
import type { InspectEvent } from "../../runtime/actor/mod.ts";
import type { Transport } from "../../runtime/transport.ts";

/**
 * What is noted, in the order in which it happens to a token. `arrived`: a frame is out of the stream; `delivered`:
 * decoded and in the mailbox; `conversed`: the conversation's turn begins; `received`: the executor's; `asked`: the step
 * is on its way to the compute worker; `computed`: the main thread has heard of its end; `handed`: the executor's turn
 * for that begins; `encoded`: a frame is given to the mesh; `written`: the mesh has returned.
 */
export const stages = [
  "arrived",
  "delivered",
  "conversed",
  "received",
  "asked",
  "computed",
  "handed",
  "encoded",
  "written",
] as const;
export type StageName = (typeof stages)[number];

/** Milliseconds since 1970 by the device's own clock; of a step also the time in its blocks. */
export interface Stamp {
  readonly stage: StageName;
  readonly at: number;
  readonly blocks?: number;
}

/** Notes the stamps of one device; `take` gives them and begins anew. */
export class Stamps implements Instruments {
  #stamps: Stamp[] = [];
  /** When the frame that is being taken had arrived. */
  #frameAt: number | undefined;
  /** Frames sent in the turn that is under way. */
  #sent: { readonly begun: number; readonly ended: number }[] = [];

  take(): Stamp[] {
    return this.#stamps.splice(0);
  }

  transport(inner: Transport): Transport {
    return {
      self: inner.self,
      isConnected: (device) => inner.isConnected(device),
      onPeer: (listener) => inner.onPeer(listener),
      onFrame: (listener) =>
        inner.onFrame((device, channel, frame) => {
          this.#frameAt = performance.now();
          listener(device, channel, frame);
          this.#frameAt = undefined;
        }),
      send: (device, channel, frame) => {
        const begun = performance.now();
        const sent = inner.send(device, channel, frame);
        this.#sent.push({ begun, ended: performance.now() });
        return sent;
      },
    };
  }

  compute(inner: Compute): Compute {
    return {
      open: async (request) => this.#segment(await inner.open(request)),
      prepare: () => inner.prepare(),
      choose: (prompt) => inner.choose(prompt),
      probe: (folder) => inner.probe(folder),
      close: () => inner.close(),
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    };
  }

  inspect(inspect: Parameters<Instruments["inspect"]>[0]): void {
    inspect.subscribe((event) => this.#see(event));
  }

  #segment(inner: ComputeSegment): ComputeSegment {
    return {
      ...inner,
      step: async (step) => {
        this.#note("asked", performance.now());
        const result = await inner.step(step);
        const blocks = result.blockMilliseconds.reduce(
          (sum, time) => sum + time,
          0,
        );
        this.#note("computed", performance.now(), blocks);
        return result;
      },
    };
  }

  #see(event: InspectEvent): void {
    if (
      event.type === "told" && this.#frameAt !== undefined &&
      /^(forward|sampled)$/.test(event.message)
    ) {
      this.#note("arrived", this.#frameAt);
      this.#note("delivered", event.at);
    }
    if (event.type !== "handled") return;
    const begun = event.at - event.ms;
    const sent = this.#sent.splice(0).find((frame) => frame.begun >= begun);
    switch (event.message) {
      case "sampled":
        return this.#note("conversed", begun);
      case "forward":
        return this.#note("received", begun);
      case "computed":
        if (sent === undefined) return;
        this.#note("handed", begun);
        this.#note("encoded", sent.begun);
        this.#note("written", sent.ended);
    }
  }

  #note(stage: StageName, at: number, blocks?: number): void {
    this.#stamps.push({
      stage,
      at: performance.timeOrigin + at,
      ...(blocks === undefined ? {} : { blocks }),
    });
  }
}
