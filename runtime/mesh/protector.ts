/**
 * The mesh key's door: before anything else is said on a TCP connection, both sides prove that they know the key, and all
 * that follows is encrypted with it. Noise runs inside, so this adds no secrecy among members; it keeps strangers out of
 * libp2p altogether. It takes the place of @libp2p/pnet, whose cipher (package xsalsa20) shares one WebAssembly memory
 * among all connections, grows it by every message that alternates between them, and fails at 4 GiB.
 *
 * Each side sends 32 random bytes, then a proof (see `proof.ts`), the dialler first. Who shows a pass instead of the key is
 * given the key here, and the connection ends: it never reaches libp2p.
 */

import type { ConnectionProtector, MessageStream } from "@libp2p/interface";
import { AbstractMessageStream, byteStream } from "@libp2p/utils";
import { timingSafeEqual } from "node:crypto";
import { admit } from "./admission.ts";
import type { Door } from "./door.ts";
import { CLOSE_TIMEOUT } from "./limits.ts";
import { createKeystream, type Keystream } from "./keystream.ts";
import { derived, NONCE_BYTES, PROOF_BYTES } from "./proof.ts";
import type { ByteStream } from "./sealed.ts";
import { receiveStraight, sendStraight } from "./short-cut.ts";

/** The other side does not hold this mesh's key. */
export class WrongKeyError extends Error {
  override readonly name = "WrongKeyError";
}

/** A device has shown its pass: there is nothing else to say on its connection. */
class AdmittedError extends Error {
  override readonly name = "AdmittedError";
}

/** Makes the protector of a node. */
export function createProtector(door: Door): ConnectionProtector {
  return {
    async protect(connection, options) {
      const bytes = byteStream(connection);
      const stream: DoorStream = {
        read: async (count) => (await bytes.read({ bytes: count, ...options })).subarray(),
        write: (part) => bytes.write(part, options),
        // Ending at once would reset the connection, and the last words with it.
        linger: () => bytes.read({ bytes: 1, signal: AbortSignal.timeout(CLOSE_TIMEOUT) }).then(() => {}, () => {}),
      };
      const dials = connection.direction === "outbound";
      const { key, nonces } = dials ? await showKey(stream, door.key) : await listened(stream, door, connection);
      const [self, other] = dials ? ["dialler", "listener"] as const : ["listener", "dialler"] as const;
      const outbound = createKeystream(derived(key, "send", self, nonces));
      const inbound = createKeystream(derived(key, "send", other, nonces));
      const socket = bytes.unwrap();
      const protectedOne = new ProtectedConnection(socket, outbound, inbound);
      for (const stream of [socket, protectedOne]) receiveStraight(stream);
      // A socket's connection writes each of a list of arrays, and stops after one that has it full.
      sendStraight(socket, (bytes) => [bytes.subarray()]);
      sendStraight(protectedOne);
      // Two copies of a package of libp2p's make the types of the same thing differ.
      return protectedOne as unknown as MessageStream;
    },
  };
}

interface DoorStream extends ByteStream {
  /** Resolves when the other side has closed, or soon. */
  linger(): Promise<void>;
}

/** A key that both sides have proven, and what they drew: the dialler's bytes first. */
interface Proven {
  readonly key: Uint8Array;
  readonly nonces: readonly [Uint8Array, Uint8Array];
}

/**
 * The dialler's side: shows a key, and has the listener show that it knows it too.
 * @throws {WrongKeyError} where it does not
 */
export async function showKey(stream: ByteStream, key: Uint8Array): Promise<Proven> {
  const own = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  await stream.write(own);
  const nonces = [own, new Uint8Array(await stream.read(NONCE_BYTES))] as const;
  await stream.write(derived(key, "prove", "dialler", nonces));
  const proof = await stream.read(PROOF_BYTES);
  if (timingSafeEqual(proof, derived(key, "prove", "listener", nonces))) return { key, nonces };
  throw new WrongKeyError("the other side does not hold this mesh's key");
}

async function listened(stream: DoorStream, door: Door, connection: object): Promise<Proven> {
  const own = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  await stream.write(own);
  const nonces = [new Uint8Array(await stream.read(NONCE_BYTES)), own] as const;
  const shown = door.shown(await stream.read(PROOF_BYTES), nonces);
  if (shown === undefined) {
    // As good as a proof to who does not know the key: both kinds of stranger see the same.
    await stream.write(crypto.getRandomValues(new Uint8Array(PROOF_BYTES)));
    await stream.linger();
    throw new WrongKeyError("the other side does not hold this mesh's key");
  }
  const key = shown.type === "member" ? shown.key : shown.pass.key;
  await stream.write(derived(key, "prove", "listener", nonces));
  if (shown.type === "member") return { key, nonces };
  door.proven.add(connection);
  await admit(stream, shown.pass, concatenated(nonces), () => door.grant());
  await stream.linger();
  throw new AdmittedError("it has been told what its pass is good for");
}

/** Both sides' bytes, in order. */
export function concatenated([first, second]: readonly [Uint8Array, Uint8Array]): Uint8Array {
  return new Uint8Array([...first, ...second]);
}

/** A connection whose bytes are encrypted on the way out and decrypted on the way in. */
class ProtectedConnection extends AbstractMessageStream {
  readonly #inner: MessageStream;
  readonly #outbound: Keystream;

  constructor(inner: MessageStream, outbound: Keystream, inbound: Keystream) {
    super({
      log: inner.log.newScope("protected"),
      direction: inner.direction,
      inactivityTimeout: inner.inactivityTimeout,
    });
    this.#inner = inner;
    this.#outbound = outbound;
    inner.addEventListener("message", ({ data }) => {
      if (data instanceof Uint8Array) this.onData(inbound.update(data));
      else for (const part of data) this.onData(inbound.update(part));
    });
    inner.addEventListener("drain", () => this.safeDispatchEvent("drain"));
    inner.addEventListener("close", ({ error, local }) => {
      if (error === undefined) this.onTransportClosed();
      else if (local === true) this.abort(error);
      else this.onRemoteReset();
    });
  }

  sendData(data: { subarray(): Uint8Array; byteLength: number }): { sentBytes: number; canSendMore: boolean } {
    const sentBytes = data.byteLength;
    return { sentBytes, canSendMore: this.#inner.send(this.#outbound.update(data.subarray())) };
  }

  close(options?: { signal?: AbortSignal }): Promise<void> {
    return this.#inner.close(options);
  }

  sendReset(error: Error): void {
    this.#inner.abort(error);
  }

  sendPause(): void {
    this.#inner.pause();
  }

  sendResume(): void {
    this.#inner.resume();
  }
}
