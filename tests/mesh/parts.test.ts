import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { backoff } from "../../runtime/mesh/backoff.ts";
import { decodeBase32, encodeBase32 } from "../../runtime/mesh/base32.ts";
import { crc32 } from "../../runtime/mesh/crc32.ts";
import { addressesOf, createDirectory, hurry, postpone } from "../../runtime/mesh/directory.ts";
import { deriveKeys } from "../../runtime/mesh/key.ts";
import { createKeystream } from "../../runtime/mesh/keystream.ts";
import { createIdentity, createMeshKey, deviceIdOf } from "../../runtime/mesh/mod.ts";

test("Base32 gives back what it was given", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    assert.deepEqual(decodeBase32(encodeBase32(bytes)), bytes);
  }));
  assert.equal(decodeBase32("u"), undefined);
});

test("CRC-32 gives the standard's check value", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});

test("the keystream is ChaCha20: the first block under the zero key", () => {
  const block = createKeystream(new Uint8Array(32)).update(new Uint8Array(64));
  const expected = "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7" +
    "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586";
  assert.equal([...block].map((byte) => byte.toString(16).padStart(2, "0")).join(""), expected);
});

test("what one keystream encrypts another decrypts, however the bytes are cut and across changes of key", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 150 })), fc.integer({ min: 1, max: 100 }), (parts, perKey) => {
      const key = createMeshKey();
      const encrypt = createKeystream(key, perKey);
      const decrypt = createKeystream(key, perKey);
      const sent = parts.flatMap((part) => [...encrypt.update(part)]);
      const received = [...sent].flatMap((byte) => [...decrypt.update(Uint8Array.of(byte))]);
      assert.deepEqual(received, parts.flatMap((part) => [...part]));
    }),
  );
});

test("a mesh's service tag does not tell its key and differs from mesh to mesh", async () => {
  const [a, b] = [createMeshKey(), createMeshKey()];
  const [first, again, other] = [await deriveKeys(a), await deriveKeys(a), await deriveKeys(b)];
  assert.deepEqual(first, again);
  assert.notEqual(first.serviceTag, other.serviceTag);
  assert.match(first.serviceTag, /^_skein-[0-9a-f]{20}\._udp\.local$/);
});

test("a device id belongs to its identity", async () => {
  const identity = await createIdentity();
  assert.equal(deviceIdOf(identity), deviceIdOf(identity.slice()));
  assert.throws(() => deviceIdOf(new Uint8Array(3)), /no private key/);
});

test("waits double up to a cap and differ by chance", () => {
  assert.deepEqual([0, 1, 2, 3].map((attempt) => backoff(attempt, () => 0)), [250, 500, 1_000, 2_000]);
  assert.equal(backoff(99, () => 0), 15_000);
  assert.equal(backoff(99, () => 1), 7_500);
});

test("a directory stays bounded, and rumours push out nothing that members told", () => {
  const directory = createDirectory();
  directory.learn("friend", ["/ip4/1.1.1.1/tcp/1"], true, 0);
  for (let index = 0; index < 1_000; index++) {
    directory.learn("friend", [`/ip4/2.2.2.2/tcp/${index}`], false, 0);
    directory.learn(`stranger ${index}`, Array(50).fill("/ip4/3.3.3.3/tcp/3"), false, 0);
  }
  assert.ok([...directory.all()].length <= 256);
  const friend = directory.get("friend");
  assert.ok(friend !== undefined);
  assert.ok(addressesOf(friend).length <= 24);
  assert.equal(addressesOf(friend)[0], "/ip4/1.1.1.1/tcp/1");
  directory.correct("friend", ["/ip4/4.4.4.4/tcp/4"]);
  assert.deepEqual(addressesOf(friend), ["/ip4/4.4.4.4/tcp/4"]);
});

test("after a sleep everybody is dialled at the next chance, with the shortest waits, but who is not to be talked to", () => {
  const directory = createDirectory();
  const [known, banned] = ["known", "banned"].map((id) => directory.learn(id, [`/ip4/10.0.0.1/tcp/1`], true, 0));
  assert.ok(known !== undefined && banned !== undefined);
  for (let failure = 0; failure < 9; failure++) for (const target of [known, banned]) postpone(target, 1000);
  banned.bannedUntil = 60_000;
  const before = banned.dialAt;
  hurry(directory, 2000);
  assert.deepEqual([known.dialAt, known.attempts, banned.dialAt], [2000, 0, before]);
});
