import type { Clock } from "../clock.ts";
import type { Channel, Sent } from "../transport.ts";
import type { Peer } from "./contract.ts";
import { createFrameDecoder, type Frame, FrameError, type Kind } from "./frames.ts";
import type { Link } from "./link.ts";
import { createPulse } from "./liveness.ts";
import {
  MAX_CONTROL_FRAME,
  MAX_CONTROL_QUEUE,
  MAX_HELLO_FRAME,
  MAX_MEMBERS_FRAME,
  MAX_TENSORS_FRAME,
  MAX_TENSORS_QUEUE,
  SESSION_TIMEOUT,
} from "./limits.ts";
import {
  type Hello,
  type Member,
  readBeat,
  readGoodbye,
  readHello,
  readMembers,
  writeBeat,
  writeJson,
} from "./messages.ts";
import { createOutbox, type Outbox } from "./outbox.ts";

/** Why a session ended. `rejected` and `version` mean: do not come back soon. */
export interface Ending {
  readonly why: "left" | "lost" | "silent" | "rejected" | "version" | "replaced" | "stopped";
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
  /** Sends a ping if one is due. */
  heartbeat(): void;
  /** Ends the session if the peer has been silent too long; `stalledMs` of silence were this device's own. */
  checkSilence(stalledMs: number): void;
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
};

/** Starts a session without streams. It ends by itself if it is not up in time. */
export function createSession(options: SessionOptions): Session {
  const { device, address, opener, hello, clock } = options;
  const pulse = createPulse(clock.now());
  const outboxes = new Map<Channel, Outbox>();
  let tensorsLink: Link | undefined;
  let remote: Hello | undefined;
  let state: "opening" | "up" | "over" = "opening";
  let upSince = 0;
  let bytesReceived = 0;
  const cancelDeadline = clock.after(SESSION_TIMEOUT, () => {
    end({ why: "lost", sentence: "the handshake was not finished in time" });
  });

  function end(ending: Ending): void {
    if (state === "over") return;
    if (ending.why === "stopped" && state === "up") {
      outboxes.get("control")?.send("goodbye", writeJson({ reason: "its mesh was stopped" }));
    }
    state = "over";
    cancelDeadline();
    options.onEnd(ending);
  }

  function guard(action: () => void): void {
    if (state === "over") return;
    try {
      action();
    } catch (error) {
      const what = error instanceof FrameError ? error.message : `a frame that could not be handled: ${error}`;
      end({ why: "rejected", sentence: `it sent ${what}` });
    }
  }

  function listen(channel: Channel, link: Link): void {
    const decoder = createFrameDecoder((kind) => limitOf(channel, kind));
    const take = channel === "control" ? onControl : onTensors;
    link.listen({
      onBytes(bytes) {
        bytesReceived += bytes.length;
        pulse.heard(clock.now());
        guard(() => decoder.push(bytes, take));
      },
      onWritable: () => outboxes.get(channel)?.writable(),
      onClose: () => end({ why: "lost", sentence: "the connection closed" }),
    });
  }

  function limitOf(channel: Channel, kind: Kind): number {
    if (channel === "tensors") {
      if (kind !== "payload") throw new FrameError(`a ${kind} frame on the tensors stream`);
      return MAX_TENSORS_FRAME;
    }
    if (remote === undefined && kind !== "hello") throw new FrameError(`a ${kind} frame before the hello`);
    return CONTROL_LIMITS[kind];
  }

  function onTensors({ payload }: Frame): void {
    if (state === "up") options.onFrame("tensors", payload);
  }

  function onControl({ kind, payload }: Frame): void {
    if (state === "over") return;
    switch (kind) {
      case "payload":
        if (state !== "up") throw new FrameError("a payload before the handshake was finished");
        return options.onFrame("control", payload);
      case "ping":
        return void outboxes.get("control")?.send("pong", writeBeat(readBeat(kind, payload)));
      case "pong":
        return pulse.pong(readBeat(kind, payload), clock.now());
      case "members":
        return options.onMembers(readMembers(payload));
      case "goodbye":
        return end({ why: "left", sentence: `it said goodbye: ${readGoodbye(payload)}` });
      case "hello":
        return onHello(payload);
      default:
        kind satisfies never;
    }
  }

  function onHello(payload: Uint8Array): void {
    if (remote !== undefined) throw new FrameError("a second hello");
    remote = readHello(payload, hello.protocol);
    if (remote.protocol !== hello.protocol) {
      // The other side is told before the connection closes, so that it can say the same to its person.
      if (!opener) sendHello();
      return end({
        why: "version",
        sentence: `it speaks protocol version ${remote.protocol}, this device speaks version ${hello.protocol}: ` +
          "use the same version of Skein on both devices",
      });
    }
    tryUp();
  }

  function sendHello(): void {
    outboxes.get("control")?.send("hello", writeJson(hello));
  }

  function tryUp(): void {
    if (state !== "opening" || remote === undefined || tensorsLink === undefined) return;
    if (!opener) sendHello();
    state = "up";
    upSince = clock.now();
    cancelDeadline();
    options.onUp(describe(remote.name));
    // Only now: what the peer sends on the other stream waits there until the session is announced.
    listen("tensors", tensorsLink);
  }

  function describe(name: string): Peer {
    let bytesSent = 0;
    for (const outbox of outboxes.values()) bytesSent += outbox.takenBytes() - outbox.waitingBytes();
    return { device, name, address, roundTripMs: pulse.roundTripMs(), upSince, bytesSent, bytesReceived };
  }

  return {
    device,
    isUp: () => state === "up",
    peer: () => state === "up" && remote !== undefined ? describe(remote.name) : undefined,
    attach(channel, link) {
      if (state === "over" || outboxes.has(channel)) return;
      outboxes.set(channel, createOutbox(link, channel === "control" ? MAX_CONTROL_QUEUE : MAX_TENSORS_QUEUE));
      if (channel === "tensors") {
        tensorsLink = link;
        return tryUp();
      }
      if (opener) sendHello();
      listen(channel, link);
    },
    send(channel, frame) {
      if (state !== "up") return "unreachable";
      if (frame.length > (channel === "control" ? MAX_CONTROL_FRAME : MAX_TENSORS_FRAME)) return "too-large";
      return outboxes.get(channel)?.send("payload", frame) === true ? "sent" : "overloaded";
    },
    sendMembers(members) {
      if (state === "up") outboxes.get("control")?.send("members", writeJson(members));
    },
    heartbeat() {
      const now = clock.now();
      if (state === "up" && pulse.due(now)) outboxes.get("control")?.send("ping", writeBeat(pulse.ping(now)));
    },
    checkSilence(stalledMs) {
      if (state !== "up") return;
      pulse.excuse(stalledMs);
      if (pulse.silent(clock.now())) end({ why: "silent", sentence: "it fell silent" });
    },
    end,
  };
}
