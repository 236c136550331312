/** The target's half of relocations: actors that other devices bring here. See `relocation.ts`. */
import { decode } from "../codec.ts";
import { errorText } from "../error-text.ts";
import type { Arrival, Offer } from "./behaviour.ts";
import { type Cell, Notice } from "./cell.ts";
import type { Core, Reception } from "./core.ts";
import { type Destination, notify, wake } from "./home.ts";
import { stopCell } from "./life.ts";
import type { DeviceId, Message, Ref } from "./ref.ts";
import { MAX_STATE_BYTES, parseRelocating, type Relocating, type RelocationAnswer } from "./relocation.ts";
import { Request } from "./request.ts";
import { spawnCell } from "./spawn.ts";

/** Relocations under way here from one device, and bytes of states that are on their way from all. */
const MAX_FROM_DEVICE = 16;
const MAX_BYTES = 4 * MAX_STATE_BYTES;
/** A source that says nothing for so long has given up, or is gone. */
const SILENCE_MS = 10_000;
/** How long it is remembered that an actor has started here: longer than any source asks. */
const MEMORY_MS = 300_000;

/** How far one relocation is. */
type Stage =
  | { readonly type: "offered" }
  | { readonly type: "admitted"; readonly arrive: Arrive; readonly toMessage: ToMessage }
  | {
    readonly type: "coming";
    readonly arrive: Arrive;
    readonly toMessage: ToMessage;
    readonly state: Uint8Array;
    readonly received: number;
  }
  | { readonly type: "landed"; readonly cell: Cell; readonly toMessage: ToMessage }
  | { readonly type: "started"; readonly cell: Cell };

type Arrive = (state: unknown) => Arrival;
type ToMessage = (child: Ref<never>) => Message;
type Answer = (answer: RelocationAnswer) => void;

/** One relocation to this device. */
interface Coming {
  readonly from: DeviceId;
  readonly key: string;
  readonly reception: Reception;
  stage: Stage;
  /** Ends the wait for the source, or the memory of it. */
  cancel: () => void;
  /** Ends the watch for the loss of the source. */
  unwatch: () => void;
}

const UNKNOWN: RelocationAnswer = { type: "unknown" };

/** Takes actors in: no more than one start for each that was let go of elsewhere. */
export class Arrivals {
  readonly #core: Core;
  /** By the device that it comes from and the id that the relocation has there. */
  readonly #all = new Map<string, Coming>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Where a device's word of relocations is taken. */
  of(device: DeviceId): Destination {
    return {
      door: { accepts: parseRelocating },
      deliver: (entry) => {
        const message = (entry instanceof Request ? entry.message : entry) as Relocating;
        const answer: Answer = (value) => entry instanceof Request ? entry.answer(value) : undefined;
        this.#take(device, message, answer);
      },
    };
  }

  close(): void {
    for (const coming of [...this.#all.values()]) this.#forget(coming);
  }

  #take(device: DeviceId, message: Relocating, answer: Answer): void {
    const key = `${device} ${message.id}`;
    const coming = this.#all.get(key);
    switch (message.type) {
      case "offer":
        return coming === undefined
          ? this.#offered(device, key, message, answer)
          : refuse(answer, "it was offered before");
      case "state":
        return coming === undefined ? answer(UNKNOWN) : this.#came(coming, message, answer);
      case "commit":
        return answer(coming === undefined ? UNKNOWN : this.#commit(coming));
      case "abort":
        if (coming !== undefined) this.#discard(coming, "its old device has it stay there");
        return answer(UNKNOWN);
      default:
        message satisfies never;
    }
  }

  #offered(
    from: DeviceId,
    key: string,
    { kind, note }: Extract<Relocating, { type: "offer" }>,
    answer: Answer,
  ): void {
    const reception = this.#core.receptions.get(kind);
    if (reception === undefined) return refuse(answer, `nobody takes "${kind}" in on ${this.#core.device}`);
    const underWay = [...this.#all.values()].filter((one) => one.from === from && one.stage.type !== "started").length;
    if (underWay >= MAX_FROM_DEVICE) return refuse(answer, `${underWay} actors are on their way from ${from} already`);
    const coming: Coming = { from, key, reception, stage: { type: "offered" }, cancel: () => {}, unwatch: () => {} };
    this.#all.set(key, coming);
    coming.unwatch = this.#core.far.watchDevice(from, () => {
      this.#discard(coming, `the connection to ${from} was lost`);
    });
    this.#await(coming);
    const undecided = () => this.#all.get(key) === coming && coming.stage.type === "offered";
    const offer: Offer<Message> = {
      from,
      kind,
      note,
      admit: (arrive, toMessage) => {
        if (!undecided()) return;
        coming.stage = { type: "admitted", arrive, toMessage };
        answer({ type: "admitted" });
      },
      refuse: (reason) => {
        if (!undecided()) return;
        this.#forget(coming);
        refuse(answer, reason);
      },
    };
    reception.offer(offer);
  }

  #came(coming: Coming, { total, at, piece }: Extract<Relocating, { type: "state" }>, answer: Answer): void {
    let { stage } = coming;
    if (stage.type === "admitted") {
      if (this.#bytes() + total > MAX_BYTES) return this.#refuse(coming, "too much is on its way here", answer);
      const { arrive, toMessage } = stage;
      stage = { type: "coming", arrive, toMessage, state: new Uint8Array(total), received: 0 };
    }
    if (stage.type !== "coming" || at !== stage.received || total !== stage.state.length) {
      return this.#refuse(coming, "a piece of its state came out of turn", answer);
    }
    stage.state.set(piece, at);
    coming.stage = { ...stage, received: at + piece.length };
    this.#await(coming);
    if (coming.stage.received < total) return answer({ type: "taken" });
    this.#land(coming, coming.stage, answer);
  }

  /** The state is complete: the actor is made, and waits. */
  #land(coming: Coming, { arrive, toMessage, state }: Extract<Stage, { type: "coming" }>, answer: Answer): void {
    const { cell: parent, life } = coming.reception;
    try {
      if (life.over) throw new Error(`${parent.path}, which was to take it in, has ended`);
      const brought = decode(state);
      const { behaviour, options } = arrive(brought);
      const cell = spawnCell(this.#core, parent, behaviour, { ...options, brought });
      // Its first turn finds it between two lives, as one that was handed over.
      cell.phase = "leaving";
      coming.stage = { type: "landed", cell, toMessage };
      answer({ type: "landed", ref: cell.ref });
    } catch (error) {
      this.#refuse(coming, errorText(error), answer);
    }
  }

  #commit(coming: Coming): RelocationAnswer {
    const { stage } = coming;
    if (stage.type === "started") return { type: "started" };
    if (stage.type !== "landed" || stage.cell.phase !== "leaving") {
      this.#discard(coming, "it was to start before it had come");
      return UNKNOWN;
    }
    const { cell, toMessage } = stage;
    coming.stage = { type: "started", cell };
    coming.unwatch();
    cell.phase = "starting";
    wake(cell);
    notify(coming.reception.cell, new Notice(() => toMessage(cell.ref)));
    coming.cancel();
    coming.cancel = this.#core.clock.after(MEMORY_MS, () => this.#forget(coming));
    return { type: "started" };
  }

  /** Waits for the source's next word, but not for ever. */
  #await(coming: Coming): void {
    coming.cancel();
    coming.cancel = this.#core.clock.after(SILENCE_MS, () => {
      this.#discard(coming, `${coming.from} said nothing for ${SILENCE_MS} ms`);
    });
  }

  #refuse(coming: Coming, reason: string, answer: Answer): void {
    this.#discard(coming, reason);
    refuse(answer, reason);
  }

  /** Nobody is to live here by this relocation. */
  #discard(coming: Coming, detail: string): void {
    this.#forget(coming);
    const { stage } = coming;
    if (stage.type === "landed" || stage.type === "started") {
      void stopCell(this.#core, stage.cell, { type: "stopped", detail });
    }
  }

  #forget(coming: Coming): void {
    coming.cancel();
    coming.unwatch();
    this.#all.delete(coming.key);
  }

  #bytes(): number {
    return [...this.#all.values()].reduce((sum, { stage }) => {
      return sum + (stage.type === "coming" ? stage.state.length : 0);
    }, 0);
  }
}

function refuse(answer: Answer, reason: string): void {
  answer({ type: "refused", reason });
}
