import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { decodeInvite, encodeInvite, InviteError } from "../../runtime/mesh/mod.ts";

const SECRET = new Uint8Array(16).map((_, index) => index);
const EXPIRES = 1_800_000_000_000;
const ADDRESS = "/ip4/192.168.1.7/tcp/4001/p2p/12D3KooWNWKAa3o4iC1MRhnNbLQJXczGNv8QAZahdigDcDT4djyJ";
const INVITE = encodeInvite({ secret: SECRET, expiresAt: EXPIRES, addresses: [ADDRESS] });

function refusal(text: string): string {
  try {
    decodeInvite(text);
  } catch (error) {
    assert.ok(error instanceof InviteError, String(error));
    return error.message;
  }
  assert.fail(`"${text}" was taken for an invite`);
}

test("an invite carries a secret, its end and addresses, and is short", () => {
  assert.deepEqual(decodeInvite(INVITE), { secret: SECRET, expiresAt: EXPIRES, addresses: [ADDRESS] });
  const bare = { secret: crypto.getRandomValues(new Uint8Array(16)), expiresAt: 0, addresses: [] };
  assert.deepEqual(decodeInvite(encodeInvite(bare)), bare);
  assert.equal(encodeInvite({ ...bare, addresses: ["/ip4/192.168.1.7/tcp/4001"] }).length, 65);
});

test("an invite survives capitals, line breaks and letters that look like digits", () => {
  const retyped = INVITE.toUpperCase().replaceAll("0", "O").replaceAll(/(.{20})/g, "$1\n ").replace(
    /^SKEIN2\s*/,
    "skein2",
  );
  assert.deepEqual(decodeInvite(` ${retyped} `).addresses, [ADDRESS]);
});

test("any mistyped character is noticed", () => {
  fc.assert(fc.property(
    fc.integer({ min: 7, max: INVITE.length - 1 }),
    fc.constantFrom(..."0123456789abcdefghjkmnpqrstvwxyz"),
    (at, character) => {
      if (INVITE[at] === character) return;
      const text = INVITE.slice(0, at) + character + INVITE.slice(at + 1);
      // The last character may hold bits that mean nothing.
      try {
        assert.equal(at, INVITE.length - 1);
        decodeInvite(text);
      } catch {
        assert.match(refusal(text), /mistyped|cut off/);
      }
    },
  ));
});

test("an invite that is cut off anywhere is refused with a sentence", () => {
  for (let length = 0; length < INVITE.length - 1; length++) refusal(INVITE.slice(0, length));
  assert.match(refusal(INVITE.slice(0, -20)), /cut off/);
});

test("what is no invite, or of another version, is told apart", () => {
  assert.match(refusal("hello"), /no invite/);
  assert.match(refusal(""), /no invite/);
  assert.match(refusal("x".repeat(1_000_000)), /too long/);
  assert.match(refusal(INVITE.replace("skein2-", "skein1-")), /version 1/);
  assert.match(refusal(INVITE.replace(/.{3}$/, "u!u")), /character/);
});

test("arbitrary text never does anything but refuse", () => {
  fc.assert(fc.property(fc.string(), (text) => void refusal(`skein2-${text}`)));
});

test("an invite out of bounds is not written", () => {
  const bare = { secret: SECRET, expiresAt: EXPIRES, addresses: [] };
  assert.throws(() => encodeInvite({ ...bare, secret: SECRET.subarray(1) }), RangeError);
  assert.throws(() => encodeInvite({ ...bare, addresses: Array(13).fill(ADDRESS) }), RangeError);
  for (const expiresAt of [-60_000, 1, Infinity, NaN]) {
    assert.throws(() => encodeInvite({ ...bare, expiresAt }), RangeError);
  }
});
