import type { Clock } from "../clock.ts";
import type { Channel, Sent } from "../transport.ts";
import type { KeyChange } from "./change.ts";
import type { Peer } from "./contract.ts";
import { createFrameDecoder, type Frame, FrameError, type Kind } from "./frames.ts";
import type { Link } from "./link.ts";
import { createPulse, type Pulse } from "./liveness.ts";
import {
  MAX_CHANGE_FRAME,
  MAX_CONTROL_FRAME,
  MAX_CONTROL_QUEUE,
  MAX_HELLO_FRAME,
  MAX_MEMBERS_FRAME,
  MAX_TENSORS_FRAME,
  MAX_TENSORS_QUEUE,
  SESSION_TIMEOUT,
  WAKING,
} from "./limits.ts";
import {
  type Hello,
  type Member,
  readBeat,
  readChange,
  readGoodbye,
  readHello,
  readMembers,
  writeBeat,
  writeJson,
} from "./messages.ts";
import { createOutbox, type Outbox } from "./outbox.ts";

/** Why a session ended. `rejected` and `version` mean: do not come back soon; `forgotten`: never. */
export interface Ending {
  readonly why: "left" | "lost" | "silent" | "rejected" | "version" | "replaced" | "stopped" | "forgotten";
  readonly sentence: string;
}

export interface SessionOptions {
  readonly device: string;
  readonly address: string;
  /** The opener speaks first and is up when the other has answered; the other answers when it has both streams. */
  readonly opener: boolean;
  readonly hello: Hello;
  readonly clock: Clock;
  onUp(peer: Peer): void;
  onFrame(channel: Channel, frame: Uint8Array): void;
  onMembers(members: readonly Member[]): void;
  onChange(change: KeyChange): void;
  /** Called exactly once; the caller closes the connection. */
  onEnd(ending: Ending): void;
}

/** The conversation with one peer over one connection: hellos, heartbeats, frames. Knows nothing of libp2p. */
export interface Session {
  readonly device: string;
  isUp(): boolean;
  /** The peer, if the session is up. */
  peer(): Peer | undefined;
  /** Gives the session one of its two streams. */
  attach(channel: Channel, link: Link): void;
  send(channel: Channel, frame: Uint8Array): Sent;
  sendMembers(members: readonly Member[]): void;
  sendChange(change: KeyChange): void;
  /** Sends a ping if one is due. */
  heartbeat(): void;
  /** Ends the session if the peer has been silent too long; `stalledMs` of silence were this device's own. */
  checkSilence(stalledMs: number): void;
  /** This device has slept: the peer is asked whether the connection is still good, and has little time to say so. */
  doubt(): void;
  /** Ends the session; with a goodbye if this device leaves. */
  end(ending: Ending): void;
}

/** The largest payload of each kind of frame on the control stream. */
const CONTROL_LIMITS: Readonly<Record<Kind, number>> = {
  hello: MAX_HELLO_FRAME,
  ping: 4,
  pong: 4,
  goodbye: 1024,
  members: MAX_MEMBERS_FRAME,
  payload: MAX_CONTROL_FRAME,
  change: MAX_CHANGE_FRAME,
};

/** Starts a session without streams. It ends by itself if it is not up in time. */
export function createSession(options: SessionOptions): Session {
  return new PeerSession(options);
}

class PeerSession implements Session {
  readonly #options: SessionOptions;
  readonly #pulse: Pulse;
  readonly #outboxes = new Map<Channel, Outbox>();
  readonly #cancelDeadline: () => void;
  #tensorsLink: Link | undefined;
  /** What came behind the other side's answer before this one had both streams, and its bytes. */
  readonly #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #remote: Hello | undefined;
  #state: "opening" | "up" | "over" = "opening";
  #upSince = 0;
  #bytesReceived = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#pulse = createPulse(options.clock.now());
    this.#cancelDeadline = options.clock.after(SESSION_TIMEOUT, () => {
      this.end({ why: "lost", sentence: "the handshake was not finished in time" });
    });
  }

  get device(): string {
    return this.#options.device;
  }

  isUp(): boolean {
    return this.#state === "up";
  }

  peer(): Peer | undefined {
    return this.#state === "up" && this.#remote !== undefined ? this.#describe(this.#remote) : undefined;
  }

  attach(channel: Channel, link: Link): void {
    if (this.#state === "over" || this.#outboxes.has(channel)) return;
    this.#outboxes.set(channel, createOutbox(link, channel === "control" ? MAX_CONTROL_QUEUE : MAX_TENSORS_QUEUE));
    if (channel === "tensors") {
      this.#tensorsLink = link;
      return this.#tryUp();
    }
    if (this.#options.opener) this.#sendHello();
    this.#listen(channel, link);
  }

  send(channel: Channel, frame: Uint8Array): Sent {
    if (this.#state !== "up") return "unreachable";
    if (frame.length > (channel === "control" ? MAX_CONTROL_FRAME : MAX_TENSORS_FRAME)) return "too-large";
    return this.#outboxes.get(channel)?.send("payload", frame) === true ? "sent" : "overloaded";
  }

  sendMembers(members: readonly Member[]): void {
    if (this.#state === "up") this.#control("members", writeJson(members));
  }

  sendChange(change: KeyChange): void {
    if (this.#state === "up") this.#control("change", writeJson(change));
  }

  heartbeat(): void {
    const now = this.#options.clock.now();
    if (this.#state === "up" && this.#pulse.due(now)) this.#control("ping", writeBeat(this.#pulse.ping(now)));
  }

  checkSilence(stalledMs: number): void {
    if (this.#state !== "up") return;
    this.#pulse.excuse(stalledMs);
    if (this.#pulse.silent(this.#options.clock.now())) this.end({ why: "silent", sentence: "it fell silent" });
  }

  doubt(): void {
    if (this.#state !== "up") return;
    const now = this.#options.clock.now();
    this.#pulse.doubt(now, WAKING);
    this.#control("ping", writeBeat(this.#pulse.ping(now)));
  }

  end(ending: Ending): void {
    if (this.#state === "over") return;
    if (this.#state === "up") {
      if (ending.why === "stopped") this.#control("goodbye", writeJson({ reason: "its mesh was stopped" }));
      if (ending.why === "forgotten") this.#control("goodbye", writeJson({ reason: "this device was put out" }));
    }
    this.#state = "over";
    this.#cancelDeadline();
    this.#options.onEnd(ending);
  }

  #control(kind: Kind, payload: Uint8Array): void {
    this.#outboxes.get("control")?.send(kind, payload);
  }

  #sendHello(): void {
    this.#control("hello", writeJson(this.#options.hello));
  }

  #tryUp(): void {
    if (this.#state !== "opening" || this.#remote === undefined || this.#tensorsLink === undefined) return;
    const { opener, clock } = this.#options;
    if (!opener) this.#sendHello();
    this.#state = "up";
    this.#upSince = clock.now();
    this.#cancelDeadline();
    this.#options.onUp(this.#describe(this.#remote));
    for (const payload of this.#early.splice(0)) this.#guard(() => this.#options.onFrame("control", payload));
    // Only now: what the peer sends on the other stream waits there until the session is announced.
    this.#listen("tensors", this.#tensorsLink);
  }

  #describe({ name, version }: Hello): Peer {
    const { device, address } = this.#options;
    let bytesSent = 0;
    for (const outbox of this.#outboxes.values()) bytesSent += outbox.takenBytes() - outbox.waitingBytes();
    return {
      device,
      name,
      version,
      address,
      roundTripMs: this.#pulse.roundTripMs(),
      upSince: this.#upSince,
      bytesSent,
      bytesReceived: this.#bytesReceived,
    };
  }

  #listen(channel: Channel, link: Link): void {
    const decoder = createFrameDecoder((kind) => this.#limitOf(channel, kind));
    const take = channel === "control"
      ? (frame: Frame) => this.#onControl(frame)
      : ({ payload }: Frame) => this.#onTensors(payload);
    link.listen({
      onBytes: (bytes) => {
        this.#bytesReceived += bytes.length;
        this.#pulse.heard(this.#options.clock.now());
        this.#guard(() => decoder.push(bytes, take));
      },
      onWritable: () => this.#outboxes.get(channel)?.writable(),
      onClose: () => this.end({ why: "lost", sentence: "the connection closed" }),
    });
  }

  /** Whatever goes wrong in handling what the peer sent ends its session, and nothing else. */
  #guard(action: () => void): void {
    if (this.#state === "over") return;
    try {
      action();
    } catch (error) {
      const what = error instanceof FrameError ? error.message : `a frame that could not be handled: ${error}`;
      this.end({ why: "rejected", sentence: `it sent ${what}` });
    }
  }

  #limitOf(channel: Channel, kind: Kind): number {
    if (channel === "tensors") {
      if (kind !== "payload") throw new FrameError(`a ${kind} frame on the tensors stream`);
      return MAX_TENSORS_FRAME;
    }
    if (this.#remote === undefined && kind !== "hello") throw new FrameError(`a ${kind} frame before the hello`);
    return CONTROL_LIMITS[kind];
  }

  #onTensors(payload: Uint8Array): void {
    if (this.#state === "up") this.#options.onFrame("tensors", payload);
  }

  #onControl({ kind, payload }: Frame): void {
    if (this.#state === "over") return;
    switch (kind) {
      case "payload":
        return this.#state === "up" ? this.#options.onFrame("control", payload) : this.#hold(payload);
      case "ping":
        return this.#control("pong", writeBeat(readBeat(kind, payload)));
      case "pong":
        return this.#pulse.pong(readBeat(kind, payload), this.#options.clock.now());
      case "members":
        return this.#options.onMembers(readMembers(payload));
      case "change":
        return this.#options.onChange(readChange(payload));
      case "goodbye":
        return this.end({ why: "left", sentence: `it said goodbye: ${readGoodbye(payload)}` });
      case "hello":
        return this.#onHello(payload);
      default:
        kind satisfies never;
    }
  }

  /** Who answers may go on at once, while the opener still waits for its end of a stream. An opener has to wait for the answer. */
  #hold(payload: Uint8Array): void {
    this.#earlyBytes += payload.length;
    if (!this.#options.opener || this.#earlyBytes > MAX_CONTROL_QUEUE) {
      throw new FrameError("a payload before the handshake was finished");
    }
    this.#early.push(payload);
  }

  #onHello(payload: Uint8Array): void {
    if (this.#remote !== undefined) throw new FrameError("a second hello");
    const { hello, opener } = this.#options;
    const remote = this.#remote = readHello(payload, hello.protocol);
    if (remote.protocol === hello.protocol) return this.#tryUp();
    // The other side is told before the connection closes, so that it can say the same to its person.
    if (!opener) this.#sendHello();
    this.end({
      why: "version",
      sentence: `it speaks protocol version ${remote.protocol}, this device speaks version ${hello.protocol}: ` +
        "use the same version of Skein on both devices",
    });
  }
}
