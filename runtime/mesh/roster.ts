import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import type { Clock } from "../clock.ts";
import type { Channel } from "../transport.ts";
import type { Peer } from "./contract.ts";
import { CLOSE_TIMEOUT, SESSION_TIMEOUT } from "./limits.ts";
import { createLink } from "./link.ts";
import type { Hello, Member } from "./messages.ts";
import { PROTOCOLS } from "./node.ts";
import { createSession, type Ending, type Session } from "./session.ts";

export interface RosterOptions {
  readonly libp2p: Libp2p;
  readonly hello: Hello;
  readonly clock: Clock;
  onUp(peer: Peer): void;
  onFrame(device: string, channel: Channel, frame: Uint8Array): void;
  onMembers(device: string, members: readonly Member[]): void;
  /** A session ended; `peer` is what it was when it was up, undefined if it never was. */
  onEnd(device: string, peer: Peer | undefined, ending: Ending): void;
}

/** The sessions of this device, one a peer at most, whatever connections there are. */
export interface Roster {
  start(): Promise<void>;
  get(device: string): Session | undefined;
  sessions(): Iterable<Session>;
  peers(): Peer[];
  /** Whether there is a connection to the device, with a session or not. */
  connected(device: string): boolean;
  /** Ends all sessions with a goodbye; resolves when it is delivered or cannot be. */
  stop(): Promise<void>;
}

interface Entry {
  readonly connection: Connection;
  readonly session: Session;
  peer: Peer | undefined;
}

/**
 * Makes a roster. Both sides may dial at once, so there may be two connections: the device with the smaller id chooses one
 * and opens both streams there; the other device follows. A connection that carries no session is closed after a while.
 */
export function createRoster(options: RosterOptions): Roster {
  const { libp2p, clock } = options;
  const self = libp2p.peerId.toString();
  const entries = new Map<string, Entry>();
  const connections = new Map<string, { readonly connection: Connection; readonly cancel: () => void }>();
  const closing = new Set<Promise<void>>();
  let stopped = false;

  function onConnection(connection: Connection): void {
    if (stopped) return void close(connection, true);
    const device = connection.remotePeer.toString();
    const cancel = clock.after(SESSION_TIMEOUT, () => {
      if (entries.get(device)?.connection !== connection) void close(connection, true);
    });
    connections.set(connection.id, { connection, cancel });
    connection.addEventListener("close", () => {
      cancel();
      connections.delete(connection.id);
      const entry = entries.get(device);
      if (entry?.connection === connection) entry.session.end({ why: "lost", sentence: "the connection closed" });
    });
    if (self < device && !entries.has(device)) open(connection);
  }

  function begin(connection: Connection, opener: boolean): Entry {
    const device = connection.remotePeer.toString();
    const session = createSession({
      device,
      address: connection.remoteAddr.toString(),
      opener,
      hello: options.hello,
      clock,
      onUp(peer) {
        entry.peer = peer;
        options.onUp(peer);
      },
      onFrame: (channel, frame) => options.onFrame(device, channel, frame),
      onMembers: (members) => options.onMembers(device, members),
      onEnd: (ending) => over(entry, ending),
    });
    const entry: Entry = { connection, session, peer: undefined };
    entries.set(device, entry);
    return entry;
  }

  function open(connection: Connection): void {
    const { session } = begin(connection, true);
    const signal = AbortSignal.timeout(SESSION_TIMEOUT);
    const attach = async (channel: Channel): Promise<void> => {
      const stream = await connection.newStream(PROTOCOLS[channel], { signal });
      session.attach(channel, createLink(stream));
    };
    // Control comes first, as streams that wait for the connection are served in the order of their making.
    Promise.all([attach("control"), attach("tensors")]).catch((error) => {
      session.end({ why: "lost", sentence: `its streams could not be opened: ${error.message}` });
    });
  }

  function accept(channel: Channel, stream: Stream, connection: Connection): void {
    const device = connection.remotePeer.toString();
    if (stopped || device > self) return stream.abort(new Error("The device with the smaller id opens the streams."));
    let entry = entries.get(device);
    if (entry !== undefined && entry.connection !== connection) {
      // The opener has given up the other connection, whatever it looks like from here.
      entry.session.end({ why: "replaced", sentence: "it came back on a new connection" });
      entry = undefined;
    }
    entry ??= begin(connection, false);
    entry.session.attach(channel, createLink(stream));
  }

  function over(entry: Entry, ending: Ending): void {
    const device = entry.session.device;
    if (entries.get(device) === entry) entries.delete(device);
    const polite = ending.why === "left" || ending.why === "version" || ending.why === "stopped";
    close(entry.connection, polite);
    options.onEnd(device, entry.peer, ending);
    if (stopped || self > device || entries.has(device) || ending.why === "rejected" || ending.why === "version") {
      return;
    }
    const spare = [...connections.values()].find(({ connection }) =>
      connection !== entry.connection && connection.status === "open" && connection.remotePeer.toString() === device
    );
    if (spare !== undefined) open(spare.connection);
  }

  /** Closes a connection: politely, so that what was written still arrives, or at once. */
  function close(connection: Connection, polite: boolean): void {
    connections.get(connection.id)?.cancel();
    if (!polite) return connection.abort(new Error("The session on this connection is over."));
    const done = connection.close({ signal: AbortSignal.timeout(CLOSE_TIMEOUT) })
      .catch((error) => connection.abort(error))
      .finally(() => closing.delete(done));
    closing.add(done);
  }

  return {
    async start() {
      libp2p.addEventListener("connection:open", ({ detail }) => onConnection(detail));
      for (const channel of ["control", "tensors"] as const) {
        const limits = { maxInboundStreams: 1, maxOutboundStreams: 1 };
        await libp2p.handle(PROTOCOLS[channel], (stream, connection) => accept(channel, stream, connection), limits);
      }
    },
    get: (device) => entries.get(device)?.session,
    sessions: () => [...entries.values()].map(({ session }) => session),
    peers: () => [...entries.values()].flatMap(({ session }) => session.peer() ?? []),
    connected: (device) =>
      [...connections.values()].some(({ connection }) => connection.remotePeer.toString() === device),
    async stop() {
      stopped = true;
      for (const { session } of [...entries.values()]) session.end({ why: "stopped", sentence: "this device stopped" });
      for (const { connection } of [...connections.values()]) close(connection, true);
      await Promise.all(closing);
    },
  };
}
