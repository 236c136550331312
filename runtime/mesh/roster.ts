import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import type { Clock } from "../clock.ts";
import type { Channel } from "../transport.ts";
import type { KeyChange } from "./change.ts";
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
  /** Whether two machines have a device's identity: the session of the one is not given up for the other, again and again. */
  isDouble(device: string): boolean;
  onUp(peer: Peer): void;
  onFrame(device: string, channel: Channel, frame: Uint8Array): void;
  onMembers(device: string, members: readonly Member[]): void;
  onChange(device: string, change: KeyChange): void;
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

/** A connection, and how to keep it from being closed for carrying no session. */
interface Open {
  readonly connection: Connection;
  readonly cancel: () => void;
}

/**
 * Makes a roster. Both sides may dial at once, so there may be two connections: the device with the smaller id chooses one
 * and opens both streams there; the other device follows. A connection that carries no session is closed after a while.
 */
export function createRoster(options: RosterOptions): Roster {
  return new SessionRoster(options);
}

class SessionRoster implements Roster {
  readonly #options: RosterOptions;
  readonly #self: string;
  readonly #entries = new Map<string, Entry>();
  readonly #connections = new Map<string, Open>();
  readonly #closing = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: RosterOptions) {
    this.#options = options;
    this.#self = options.libp2p.peerId.toString();
  }

  async start(): Promise<void> {
    const { libp2p } = this.#options;
    libp2p.addEventListener("connection:open", ({ detail }) => this.#onConnection(detail));
    for (const channel of ["control", "tensors"] as const) {
      const limits = { maxInboundStreams: 1, maxOutboundStreams: 1 };
      const accept = (stream: Stream, connection: Connection) => this.#accept(channel, stream, connection);
      await libp2p.handle(PROTOCOLS[channel], accept, limits);
    }
  }

  get(device: string): Session | undefined {
    return this.#entries.get(device)?.session;
  }

  sessions(): Session[] {
    return [...this.#entries.values()].map(({ session }) => session);
  }

  peers(): Peer[] {
    return [...this.#entries.values()].flatMap(({ session }) => session.peer() ?? []);
  }

  connected(device: string): boolean {
    return [...this.#connections.values()].some(({ connection }) => connection.remotePeer.toString() === device);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const session of this.sessions()) session.end({ why: "stopped", sentence: "this device stopped" });
    for (const { connection } of [...this.#connections.values()]) this.#close(connection, true);
    await Promise.all(this.#closing);
  }

  #onConnection(connection: Connection): void {
    if (this.#stopped) return void this.#close(connection, true);
    const device = connection.remotePeer.toString();
    const cancel = this.#options.clock.after(SESSION_TIMEOUT, () => {
      if (this.#entries.get(device)?.connection !== connection) void this.#close(connection, true);
    });
    this.#connections.set(connection.id, { connection, cancel });
    connection.addEventListener("close", () => {
      cancel();
      this.#connections.delete(connection.id);
      const entry = this.#entries.get(device);
      if (entry?.connection === connection) entry.session.end({ why: "lost", sentence: "the connection closed" });
    });
    if (this.#self < device && !this.#entries.has(device)) this.#open(connection);
  }

  #begin(connection: Connection, opener: boolean): Entry {
    const device = connection.remotePeer.toString();
    const { hello, clock } = this.#options;
    const session = createSession({
      device,
      address: connection.remoteAddr.toString(),
      opener,
      hello,
      clock,
      onUp: (peer) => {
        entry.peer = peer;
        this.#options.onUp(peer);
      },
      onFrame: (channel, frame) => this.#options.onFrame(device, channel, frame),
      onMembers: (members) => this.#options.onMembers(device, members),
      onChange: (change) => this.#options.onChange(device, change),
      onEnd: (ending) => this.#over(entry, ending),
    });
    const entry: Entry = { connection, session, peer: undefined };
    this.#entries.set(device, entry);
    return entry;
  }

  #open(connection: Connection): void {
    const { session } = this.#begin(connection, true);
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

  #accept(channel: Channel, stream: Stream, connection: Connection): void {
    const device = connection.remotePeer.toString();
    if (this.#stopped || device > this.#self) {
      return stream.abort(new Error("The device with the smaller id opens the streams."));
    }
    let entry = this.#entries.get(device);
    if (entry !== undefined && entry.connection !== connection) {
      // Nothing is said on it, and the connection is closed for carrying no session: time to tell the other machine why.
      if (entry.session.isUp() && this.#options.isDouble(device)) return;
      // The opener has given up the other connection, whatever it looks like from here.
      entry.session.end({ why: "replaced", sentence: "it came back on a new connection" });
      entry = undefined;
    }
    entry ??= this.#begin(connection, false);
    entry.session.attach(channel, createLink(stream));
  }

  #over(entry: Entry, ending: Ending): void {
    const device = entry.session.device;
    if (this.#entries.get(device) === entry) this.#entries.delete(device);
    const polite = ending.why === "left" || ending.why === "version" || ending.why === "stopped" ||
      ending.why === "forgotten";
    this.#close(entry.connection, polite);
    this.#options.onEnd(device, entry.peer, ending);
    if (this.#stopped || this.#self > device || this.#entries.has(device)) return;
    if (ending.why === "rejected" || ending.why === "version") return;
    const spare = [...this.#connections.values()].find(({ connection }) =>
      connection !== entry.connection && connection.status === "open" && connection.remotePeer.toString() === device
    );
    if (spare !== undefined) this.#open(spare.connection);
  }

  /** Closes a connection: politely, so that what was written still arrives, or at once. */
  #close(connection: Connection, polite: boolean): void {
    this.#connections.get(connection.id)?.cancel();
    if (!polite) return connection.abort(new Error("The session on this connection is over."));
    const done = connection.close({ signal: AbortSignal.timeout(CLOSE_TIMEOUT) })
      .catch((error) => connection.abort(error))
      .finally(() => this.#closing.delete(done));
    this.#closing.add(done);
  }
}
