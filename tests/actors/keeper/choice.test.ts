/** What a store may let go of. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { affordable, overflow, tidying } from "../../../actors/keeper/choice.ts";
import { bytesOf, entriesOf, type Entry, type Purpose } from "../../../actors/keeper/inventory.ts";
import { manifestBlobs } from "../../../models/manifest-blobs.ts";
import { defined } from "../defined.ts";
import { fakeManifest } from "../mesh/fake-model.ts";

const purposes: readonly Purpose[] = ["used", "served", "stored", "piece", "stray"];

const someEntries: fc.Arbitrary<(Entry & { readonly others: number })[]> = fc.array(
  fc.record({
    purpose: fc.constantFrom(...purposes),
    bytes: fc.integer({ min: 1, max: 1000 }),
    usedAt: fc.integer({ min: 0, max: 5 }),
    others: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 12 },
).map((drawn) =>
  drawn.map(({ purpose, bytes, usedAt, others }, at) => ({
    file: { sha256: `${at}`, bytes, complete: purpose !== "piece" },
    purpose,
    models: ["m"],
    usedAt,
    others,
  }))
);

const voucherOf = (entries: readonly { readonly others: number }[]) => (sha256: string) =>
  entries[Number(sha256)]?.others ?? 0;

test("nothing that is used goes, and nothing of a model that no other device has, but by --all", () => {
  fc.assert(fc.property(someEntries, fc.boolean(), fc.nat(3000), (entries, all, limit) => {
    const have = voucherOf(entries);
    const [tidied, over] = [affordable(entries, tidying(all), have), overflow(entries, limit, have)];
    for (const { purpose, file } of [...tidied, ...over]) assert.ok(purpose !== "used", file.sha256);
    for (const { purpose, file } of [...over, ...all ? [] : tidied]) {
      assert.ok(purpose === "piece" || purpose === "stray" || have(file.sha256) > 0);
    }
    for (const { purpose, file } of tidied) assert.ok(purpose !== "served" || have(file.sha256) >= 2);
  }));
});

test("what is kept comes within the limit, or only what nobody else has is left above it, and no more goes than must", () => {
  fc.assert(fc.property(someEntries, fc.nat(3000), (entries, limit) => {
    const have = voucherOf(entries);
    const goes = overflow(entries, limit, have);
    const left = entries.filter((entry) => entry.purpose !== "used" && !goes.includes(entry));
    const bytes = bytesOf(left.map(({ file }) => file));
    const needed = left.every(({ purpose, others }) => purpose !== "piece" && purpose !== "stray" && others === 0);
    assert.ok(bytes <= limit || needed);
    const last = goes.at(-1);
    if (last !== undefined) assert.ok(bytes + last.file.bytes > limit);
  }));
});

test("above the limit leftovers go first, then models that are not served by when they ran, then spare copies", () => {
  const entry = (sha256: string, purpose: Purpose, usedAt = 0): Entry => {
    return { file: { sha256, bytes: 10, complete: true }, purpose, models: ["m"], usedAt };
  };
  const entries = [
    entry("single", "served"),
    entry("spare", "served"),
    entry("new", "stored", 2),
    entry("old", "stored", 1),
    entry("stray", "stray"),
  ];
  const have = (sha256: string) => sha256 === "spare" ? 2 : 1;
  const order = [10, 20, 30, 40, 50].map((excess) => overflow(entries, 50 - excess, have).at(-1)?.file.sha256);
  assert.deepEqual(order, ["stray", "old", "new", "spare", "single"]);
});

test("a blob of two models is of the one that is served, and a piece of what runs is a piece of it no longer", () => {
  const [one, other] = [fakeManifest(2), fakeManifest(2, "other")];
  const shared = defined(manifestBlobs(one)[1]);
  const both = { ...other, blocks: [...one.blocks.slice(0, 1), ...other.blocks.slice(1)] };
  const files = [{ ...shared, complete: true }, { sha256: "0".repeat(64), bytes: 1, complete: false }];
  const inventory = { manifests: [one, both], usedAt: new Map([[one.id, 5]]), files };
  const purposes = (served: readonly string[]) =>
    entriesOf(inventory, { blobs: new Set(), served: new Set(served) }).map(({ purpose }) => purpose);
  assert.deepEqual(purposes([]), ["stored", "piece"]);
  assert.deepEqual(purposes([other.id]), ["served", "piece"]);
});
