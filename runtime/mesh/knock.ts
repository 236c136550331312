/** Showing a pass at a member's door, over a connection that is good for nothing else. */
import type { PrivateKey } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { connect, type Socket } from "node:net";
import { askAdmission, type Grant } from "./admission.ts";
import { ADDRESS_DIAL_TIMEOUT, HANDSHAKE_TIMEOUT } from "./limits.ts";
import { concatenated, showKey } from "./protector.ts";
import type { ByteStream } from "./sealed.ts";

/**
 * Shows the pass with this key, as the device of this identity, at a multiaddr (plain TCP).
 * @throws {AdmissionError} with the member's reason, {WrongKeyError} where it does not know the pass, or an Error where
 * nobody answers in time.
 */
export async function knock(address: string, key: Uint8Array, identity: PrivateKey): Promise<Grant> {
  const { host, port } = endpoint(address);
  const socket = connect({ host, port });
  // Whoever reads or writes is told.
  socket.on("error", () => {});
  socket.setTimeout(ADDRESS_DIAL_TIMEOUT, () => socket.destroy(new Error(`${host}:${port} does not answer`)));
  const late = setTimeout(
    () => socket.destroy(new Error(`${host}:${port} is not done in time`)),
    ADDRESS_DIAL_TIMEOUT + HANDSHAKE_TIMEOUT,
  );
  try {
    const stream = streamOf(socket);
    const { nonces } = await showKey(stream, key);
    return await askAdmission(stream, { key, proven: concatenated(nonces), identity });
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}

function endpoint(address: string): { readonly host: string; readonly port: number } {
  const parts = multiaddr(address).getComponents();
  const host = parts.find(({ name }) => ["ip4", "ip6", "dns", "dns4", "dns6"].includes(name))?.value;
  const port = Number(parts.find(({ name }) => name === "tcp")?.value);
  if (host === undefined || !(port > 0)) throw new TypeError(`${address} is no address to dial by TCP`);
  return { host, port };
}

/** A socket as bytes that are asked for; what comes unasked waits in the socket, which bounds it. */
function streamOf(socket: Socket): ByteStream {
  const pieces = socket[Symbol.asyncIterator]();
  let rest = new Uint8Array();
  return {
    async read(count) {
      while (rest.length < count) {
        const { done, value } = await pieces.next();
        if (done === true) throw new Error("the other side closed the connection");
        rest = new Uint8Array([...rest, ...value]);
      }
      const taken = rest.slice(0, count);
      rest = rest.slice(count);
      return taken;
    },
    write: (bytes) =>
      new Promise<void>((resolve, reject) => {
        socket.write(bytes, (error) => error ? reject(error) : resolve());
      }),
  };
}
