import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Input, readInvite } from "../../cli/join.ts";
import { encodeInvite } from "../../runtime/mesh/mod.ts";
import { withFolder } from "../models/temporary.ts";

const invite = { secret: new Uint8Array(16).fill(7), expiresAt: 60_000, addresses: ["/ip4/127.0.0.1/tcp/4001"] };
const text = encodeInvite(invite);

function input(pieces: readonly string[], isTTY = false): Input {
  return {
    isTTY,
    async *[Symbol.asyncIterator]() {
      yield* pieces;
      // A terminal stays open when the line has ended.
      if (isTTY) await new Promise(() => {});
    },
  };
}

test("an invite is read from standard input, in whatever pieces it comes", async () => {
  assert.deepEqual(await readInvite("-", input([text.slice(0, 9), text.slice(9), "\n"])), invite);
  assert.deepEqual(await readInvite("-", input(["\n", `${text}\n`], true)), invite);
});

test("an invite is read from a file, and taken as it is", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "invite");
    await writeFile(file, `${text}\n`);
    assert.deepEqual(await readInvite(file), invite);
  });
  assert.deepEqual(await readInvite(text), invite);
});

test("what is no invite is refused in a sentence that does not repeat it", async () => {
  await assert.rejects(readInvite("-", input([" \n"])), /found no invite on standard input/);
  await assert.rejects(readInvite("/nowhere/invite"), /neither an invite nor a file/);
  await assert.rejects(readInvite("-", input([text.slice(0, -3)])), (error: Error) => {
    return /Copy all of it|Copy it again/.test(error.message) && !error.message.includes(text.slice(10, 40));
  });
});
