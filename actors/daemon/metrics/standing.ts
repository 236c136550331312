/** How a device stands when its metrics are asked for. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Counters } from "../../../runtime/actor/mod.ts";
import type { DeviceView } from "../../inspector/protocol.ts";

/** What is known when somebody scrapes. */
export interface Scraped {
  readonly counters: Counters;
  /** Bytes that the process holds. */
  readonly processBytes: number;
  /** The device as its inspector shows it; absent where that does not answer. */
  readonly view: DeviceView | undefined;
}

/** How the device stands when it is scraped. */
export class Standing {
  readonly #memory;
  readonly #usable;
  readonly #segments;
  readonly #slots;
  readonly #waiting;
  readonly #queued;
  readonly #roundTrip;
  readonly #mailbox;
  readonly #restarts;
  readonly #leads;
  /** Kept by the actor system since it began: shown as they are. */
  readonly #totals;

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> => {
      return new Gauge({ name, help, labelNames: [...labelNames], registers });
    };
    const segment = ["model", "blocks"] as const;
    this.#memory = gauge("process_resident_memory_bytes", "Resident memory of the daemon.");
    this.#usable = gauge("skein_memory_usable_bytes", "What segments may use here, those that are loaded included.");
    this.#segments = gauge("skein_segment_bytes", "Memory of a loaded segment, weights and caches.", segment);
    this.#slots = gauge("skein_cache_places", "Places for sequences in a segment's caches.", [...segment, "state"]);
    this.#waiting = gauge("skein_sequences_waiting", "Sequences that wait for a place.", segment);
    this.#queued = gauge("skein_rows_queued", "Rows that wait for their step.", [...segment, "phase"]);
    this.#roundTrip = gauge("skein_peer_round_trip_seconds", "Round trip to another device.", ["peer"]);
    this.#mailbox = gauge("skein_actor_mailbox_messages", "Messages that wait in an actor's mailbox.", ["actor"]);
    this.#restarts = gauge("skein_actor_restarts", "Times that an actor was started anew.", ["actor"]);
    this.#leads = gauge("skein_leader", "1 on the device that leads the mesh, else 0.");
    const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> => {
      return new Counter({ name, help, labelNames: [...labelNames], registers });
    };
    this.#totals = {
      frames: counter("skein_frames_total", "Frames to and from other devices.", ["direction"]),
      bytes: counter("skein_frame_bytes_total", "Bytes of frames to and from other devices.", ["direction"]),
      dropped: counter("skein_messages_dropped_total", "Messages and frames that went nowhere.", ["reason"]),
    };
  }

  set({ counters, processBytes, view }: Scraped): void {
    const { frames, bytes, dropped } = this.#totals;
    for (const total of [frames, bytes, dropped]) total.reset();
    frames.inc({ direction: "in" }, counters.framesIn);
    frames.inc({ direction: "out" }, counters.framesOut);
    bytes.inc({ direction: "in" }, counters.bytesIn);
    bytes.inc({ direction: "out" }, counters.bytesOut);
    for (const [reason, count] of Object.entries(counters.dropped)) dropped.inc({ reason }, count);
    this.#memory.set(processBytes);
    for (
      const gauge of [
        this.#segments,
        this.#slots,
        this.#waiting,
        this.#queued,
        this.#roundTrip,
        this.#mailbox,
        this.#restarts,
      ]
    ) gauge.reset();
    if (view !== undefined) this.#setView(view);
  }

  #setView({ device, leader, memory, segments, links, actors }: DeviceView): void {
    this.#usable.set(memory.usableBytes);
    this.#leads.set(leader === device ? 1 : 0);
    for (const { modelName = "", first, last, bytes, look } of segments) {
      const labels = { model: modelName, blocks: `${first}-${last}` };
      this.#segments.set(labels, bytes);
      if (look === undefined) continue;
      this.#slots.set({ ...labels, state: "taken" }, look.slots.taken);
      this.#slots.set({ ...labels, state: "free" }, look.slots.all - look.slots.taken);
      this.#waiting.set(labels, look.waiting);
      for (const phase of ["decode", "prefill"] as const) this.#queued.set({ ...labels, phase }, look.queued[phase]);
    }
    for (const { name, roundTripMilliseconds } of links) {
      if (roundTripMilliseconds !== undefined) this.#roundTrip.set({ peer: name }, roundTripMilliseconds / 1000);
    }
    // Answers and conversations come and go, each under a name of its own: they would be series without end.
    for (const { path, mailbox, restarts } of actors) {
      if (/\/(answer|conversation|executor|follower)-/.test(path)) continue;
      this.#mailbox.set({ actor: path }, mailbox);
      this.#restarts.set({ actor: path }, restarts);
    }
  }
}
