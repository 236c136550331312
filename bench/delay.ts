/** Slow links on one machine: a proxy for TCP that holds what passes back for a while, each way. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Bytes that one way of a connection holds back before it reads no further: 25 ms of 10 Gbit/s. */
const MOST_HELD = 32 * 2 ** 20;

/** A port of this machine that leads to another one by a longer way. */
export interface DelayProxy extends AsyncDisposable {
  readonly port: number;
}

/**
 * Listens on a free port of 127.0.0.1 and passes connections on to `target`, every byte `milliseconds` after it came, each
 * way, in order: a round trip takes twice as long more. An end is passed on with the bytes; an error ends both sides.
 */
export async function startDelayProxy(
  target: { readonly host: string; readonly port: number },
  milliseconds: number,
): Promise<DelayProxy> {
  const sockets = new Set<Socket>();
  const server = createServer(
    { allowHalfOpen: true, noDelay: true },
    (near) => {
      const far = connect({ ...target, allowHalfOpen: true, noDelay: true });
      for (const [from, to] of [[near, far], [far, near]] as const) {
        sockets.add(from);
        from.on("error", () => to.destroy());
        from.on("close", () => sockets.delete(from));
        passOn(from, to, milliseconds);
      }
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("The proxy has no port.");
  }
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Writes what comes from one socket to another one, later. */
function passOn(from: Socket, to: Socket, milliseconds: number): void {
  const held: {
    readonly due: number;
    readonly bytes: Uint8Array | undefined;
  }[] = [];
  let count = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const release = () => {
    timer = undefined;
    while (held[0] !== undefined && held[0].due <= performance.now()) {
      const { bytes } = held.shift() as { bytes: Uint8Array | undefined };
      if (to.destroyed) continue;
      if (bytes === undefined) {
        to.end();
        continue;
      }
      count -= bytes.length;
      to.write(bytes);
    }
    if (count < MOST_HELD && from.isPaused()) from.resume();
    schedule();
  };
  const schedule = () => {
    const [next] = held;
    if (timer !== undefined || next === undefined) return;
    timer = setTimeout(release, Math.max(0, next.due - performance.now()));
  };
  const hold = (bytes: Uint8Array | undefined) => {
    held.push({ due: performance.now() + milliseconds, bytes });
    schedule();
  };
  from.on("data", (bytes: Uint8Array) => {
    hold(bytes);
    count += bytes.length;
    if (count >= MOST_HELD) from.pause();
  });
  from.on("end", () => hold(undefined));
  from.on("close", (failed: boolean) => {
    if (failed) clearTimeout(timer);
  });
}

/** Devices that are reached by a longer way. */
export interface SlowLinks extends AsyncDisposable {
  /** What each daemon is to be started with: `LocalMeshOptions.limits`. */
  readonly limits: readonly (readonly string[])[];
}

/**
 * Puts a proxy before each of so many daemons that are yet to be started, so that every link between two of them takes
 * `milliseconds` more each way. The daemons must not find each other by mDNS, which knows the short way.
 */
export async function startSlowLinks(devices: number, milliseconds: number): Promise<SlowLinks> {
  await using made = new AsyncDisposableStack();
  const limits: string[][] = [];
  for (let device = 0; device < devices; device++) {
    const port = await freePort();
    const proxy = made.use(await startDelayProxy({ host: "127.0.0.1", port }, milliseconds));
    const at = (port: number) => `/ip4/127.0.0.1/tcp/${port}`;
    limits.push(["--listen", at(port), "--announce", at(proxy.port)]);
  }
  const proxies = made.move();
  return { limits, [Symbol.asyncDispose]: () => proxies[Symbol.asyncDispose]() };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
