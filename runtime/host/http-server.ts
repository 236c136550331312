/** Serves web-standard requests over HTTP. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";

/** The port is taken, or the address is not this machine's. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

export interface HttpServer {
  /** Base URL for programs of this machine, with the port that was really taken. */
  readonly url: string;
  /** Stops listening, and ends connections as soon as what they were asked is answered, or after a second. */
  close(): Promise<void>;
}

/** Time for last words, such as an error event, to be written. */
const CLOSE_MILLISECONDS = 1000;
/** A connection that has just become idle is noticed this often: the server closes only those that were so already. */
const LOOK_MILLISECONDS = 20;

/** How long a client may take; milliseconds from the beginning of its connection, or of its next request on it. */
export interface ClientPatience {
  /** For the headers of a request. Default: 10 s. */
  readonly headersMilliseconds?: number;
  /** For all of it, body included. Default: 60 s. */
  readonly requestMilliseconds?: number;
}

/** Listens on `host`:`port` (0 picks a free one); `handler` is told the address of each client too. @throws {ListenError} */
export async function serveHttp(
  host: string,
  port: number,
  handler: (request: Request, address?: string) => Response | Promise<Response>,
  { headersMilliseconds = 10_000, requestMilliseconds = 60_000 }: ClientPatience = {},
): Promise<HttpServer> {
  const server = createAdaptorServer({
    fetch: (request, env) => handler(request, "incoming" in env ? env.incoming.socket.remoteAddress : undefined),
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: headersMilliseconds,
      requestTimeout: requestMilliseconds,
      connectionsCheckingInterval: Math.min(1000, headersMilliseconds),
    },
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const advice = error.code === "EADDRINUSE"
        ? "Another program has that port: choose another, or 0 for a free one"
        : error.message;
      reject(new ListenError(`Cannot listen on ${host}:${port}. ${advice}.`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${reachable(host)}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        const idle = setInterval(() => server.closeIdleConnections(), LOOK_MILLISECONDS);
        const last = setTimeout(() => server.closeAllConnections(), CLOSE_MILLISECONDS);
        server.close(() => {
          clearInterval(idle);
          clearTimeout(last);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

/** A name under which this machine reaches what listens on `host`. */
function reachable(host: string): string {
  const own = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return own.includes(":") ? `[${own}]` : own;
}
