/**
 * The mesh key's door: before anything else is said on a TCP connection, both sides prove that they know the key, and all
 * that follows is encrypted with it. Noise runs inside, so this adds no secrecy among members; it keeps strangers out of
 * libp2p altogether. It takes the place of @libp2p/pnet, whose cipher (package xsalsa20) shares one WebAssembly memory
 * among all connections, grows it by every message that alternates between them, and fails at 4 GiB.
 *
 * Each side sends 32 random bytes, then HMAC-SHA256(key, "prove", role, dialler's bytes, listener's bytes). The role in it
 * keeps an echo from passing as a proof.
 */

import type { ConnectionProtector, MessageStream } from "@libp2p/interface";
import { AbstractMessageStream, byteStream } from "@libp2p/utils";
import { createHmac, timingSafeEqual } from "node:crypto";
import { createKeystream, type Keystream } from "./keystream.ts";
import { receiveStraight, sendStraight } from "./short-cut.ts";

const NONCE_BYTES = 32;
const PROOF_BYTES = 32;

/** The other side does not hold this mesh's key. */
export class WrongKeyError extends Error {
  override readonly name = "WrongKeyError";
}

type Role = "dialler" | "listener";

/** Makes the protector of a node. `key` is 32 bytes. */
export function createProtector(key: Uint8Array): ConnectionProtector {
  return {
    async protect(connection, options) {
      const [self, other]: readonly Role[] = connection.direction === "outbound"
        ? ["dialler", "listener"]
        : ["listener", "dialler"];
      if (self === undefined || other === undefined) throw new Error("unreachable");
      const bytes = byteStream(connection);
      const own = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      await bytes.write(own, options);
      const theirs = (await bytes.read({ bytes: NONCE_BYTES, ...options })).subarray();
      const nonces = self === "dialler" ? [own, theirs] : [theirs, own];
      const derive = (purpose: string, role: Role): Uint8Array => {
        const hmac = createHmac("sha256", key).update(`${purpose} ${role} `);
        for (const nonce of nonces) hmac.update(nonce);
        return new Uint8Array(hmac.digest());
      };
      await bytes.write(derive("prove", self), options);
      const proof = (await bytes.read({ bytes: PROOF_BYTES, ...options })).subarray();
      if (!timingSafeEqual(proof, derive("prove", other))) {
        throw new WrongKeyError("the other side does not hold this mesh's key");
      }
      const outbound = createKeystream(derive("send", self));
      const inbound = createKeystream(derive("send", other));
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
