/** The compute worker: splits and batches change nothing, slots keep sequences apart. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { startLocalCompute } from "../../actors/daemon/start-compute.ts";
import {
  ComputeError,
  ComputeGoneError,
  startCompute,
  type StartThread,
  type StepRow,
} from "../../models/compute/mod.ts";
import { startThread } from "../../runtime/host/thread.ts";
import { CONTEXT, openSegments, row, run, SLOTS, withSubject } from "./compute-subject.ts";
import { syntheticModel } from "./synthetic-model.ts";
import { withFolder } from "./temporary.ts";

for (const quantize of ["keep", "8", "4"] as const) {
  test(`any split gives bit for bit the logits of no split (weights: ${quantize})`, async () => {
    await withSubject(quantize, async (subject) => {
      const [whole] = [await openSegments(subject, [])];
      const cuts = fc.uniqueArray(fc.integer({ min: 1, max: subject.blocks.length - 1 }), { maxLength: 5 })
        .map((found) => found.sort((a, b) => a - b));
      const prompt = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 2, maxLength: 24 });
      await fc.assert(
        fc.asyncProperty(cuts, prompt, fc.integer({ min: 1, max: 8 }), async (cut, tokens, chunk) => {
          const parts = await openSegments(subject, cut);
          for (let position = 0; position < tokens.length; position += chunk) {
            const piece = tokens.slice(position, position + chunk);
            const [expected] = await run(whole, [row(0, position, piece.length)], piece);
            const [actual] = await run(parts, [row(0, position, piece.length)], piece);
            assert.deepEqual(actual, expected);
          }
          await Promise.all(parts.map((part) => part.close()));
        }),
        { numRuns: 15 },
      );
    });
  });

  test(`sequences that step together get bit for bit what each gets alone (weights: ${quantize})`, async () => {
    await withSubject(quantize, async (subject) => {
      const together = await openSegments(subject, [2]);
      const alone = await openSegments(subject, [2]);
      const prompts = [[1, 2, 3], [40, 41, 42, 43, 44, 45, 46], [7], [200, 100]];
      for (const [slot, prompt] of prompts.entries()) {
        for (const segments of [together, alone]) await run(segments, [row(slot, 0, prompt.length)], prompt);
      }
      for (let step = 0; step < 6; step++) {
        const tokens = prompts.map((_, slot) => (slot * 37 + step * 11) % 256);
        const rows = prompts.map((prompt, slot) => row(slot, prompt.length + step, 1));
        const shared = await run(together, rows, tokens);
        for (const [slot, one] of rows.entries()) {
          const [own] = await run(alone, [one], [tokens[slot] ?? 0]);
          assert.deepEqual(shared[slot], own, `slot ${slot}, step ${step}`);
        }
      }
    });
  });
}

test("a slot that is used again gives what a fresh one gives", async () => {
  await withSubject("8", async (subject) => {
    const segments = await openSegments(subject, []);
    const [fresh] = await run(segments, [row(1, 0, 4)], [9, 8, 7, 6]);
    await run(segments, [row(0, 0, 8)], [1, 2, 3, 4, 5, 6, 7, 8]);
    const [again] = await run(segments, [row(0, 0, 4)], [9, 8, 7, 6]);
    assert.deepEqual(again, fresh);
  });
});

test("rows outside the context, the slots or the arrays are refused, and the worker goes on", async () => {
  await withSubject("keep", async (subject) => {
    const [segment] = await openSegments(subject, []);
    assert.ok(segment);
    const step = (one: StepRow, tokens: number[]) => segment.step({ rows: [one], tokens: Int32Array.from(tokens) });
    await assert.rejects(step(row(0, CONTEXT, 1), [1]), ComputeError);
    await assert.rejects(step(row(SLOTS, 0, 1), [1]), /slot 4/);
    await assert.rejects(step(row(0, 0, 2), [1]), /2 tokens came with 1/);
    await assert.rejects(step({ ...row(0, 0, 1), attention: "chunk" }, [1]), /two tokens at least/);
    await assert.rejects(step(row(0, 0, 1), [100_000]), ComputeError);
    assert.equal((await step(row(0, 0, 1), [1])).logits[0]?.length, subject.manifest.architecture.vocabulary);
  });
});

test("what a slot holds can be read, written to another slot, and copied: sequences go on with the same bits", async () => {
  await withSubject("8", async (subject) => {
    const [segment] = await openSegments(subject, []);
    assert.ok(segment);
    const prompt = [9, 8, 7, 6, 5];
    await run([segment], [row(0, 0, 5)], prompt);
    const caches = await Promise.all(
      Array.from({ length: subject.blocks.length - 2 }, (_, layer) => segment.readCache(layer, 0, 0, 5)),
    );
    for (const [layer, data] of caches.entries()) await segment.writeCache(layer, 2, 0, data);
    await segment.copyCache(0, 3, 5);
    const [own] = await run([segment], [row(0, 5, 1)], [4]);
    for (const slot of [2, 3]) assert.deepEqual((await run([segment], [row(slot, 5, 1)], [4]))[0], own, `slot ${slot}`);
    await assert.rejects(segment.readCache(0, SLOTS, 0, 1), ComputeError);
    await assert.rejects(segment.readCache(0, 0, 0, CONTEXT + 1), ComputeError);
    await assert.rejects(segment.writeCache(99, 0, 0, new Float32Array(0)), /no layer 99/);
  });
});

test("a segment that works already goes on stepping while another one is loaded", async () => {
  await withSubject("8", async (subject) => {
    const [segment] = await openSegments(subject, []);
    assert.ok(segment);
    await withSubject("8", async (other) => {
      const { architecture } = other.manifest;
      let steps = 0;
      let loading = true;
      const load = subject.compute.open({ architecture, blocks: other.blocks, context: CONTEXT, slots: SLOTS })
        .finally(() => loading = false);
      while (loading) {
        await run([segment], [row(0, 0, 1)], [1]);
        if (loading) steps++;
      }
      await load;
      assert.ok(steps >= 3, `${steps} steps while 14 blocks were loaded`);
    }, syntheticModel("qwen3", { layers: 12, width: 256, feedForward: 512 }));
  });
});

test("a worker that dies fails what was open, and the next segment is opened on a new one", async () => {
  await withSubject("8", async (subject) => {
    const [before] = await openSegments(subject, []);
    assert.ok(before);
    const [expected] = await run([before], [row(0, 0, 3)], [1, 2, 3]);
    const underWay = assert.rejects(before.step({ rows: [row(0, 3, 1)], tokens: Int32Array.of(1) }), ComputeGoneError);
    await subject.compute.crash();
    await underWay;
    await assert.rejects(before.step({ rows: [row(0, 3, 1)], tokens: Int32Array.of(1) }), ComputeGoneError);
    await before.close();
    const [after] = await openSegments(subject, []);
    assert.ok(after);
    assert.deepEqual((await run([after], [row(0, 0, 3)], [1, 2, 3]))[0], expected);
  });
});

test("a worker that dies again and again is given up", async () => {
  await withSubject("8", async (subject) => {
    for (let death = 0; death < 5; death++) {
      const [segment] = await openSegments(subject, []);
      assert.ok(segment);
      await subject.compute.crash();
    }
    await assert.rejects(openSegments(subject, []), /5 times/);
  });
});

test("closing the worker fails what is under way instead of leaving it waiting", async () => {
  await withSubject("keep", async (subject) => {
    const [segment] = await openSegments(subject, []);
    assert.ok(segment);
    const failed = assert.rejects(segment.step({ rows: [row(0, 0, 1)], tokens: Int32Array.of(1) }), ComputeError);
    await subject.compute.close();
    await failed;
  });
});

test("there is no thread before one is needed, and none is left where a trial is all that it was needed for", async () => {
  await withFolder(async (folder) => {
    let [running, started] = [0, 0];
    const begin: StartThread = (listener) => {
      running++;
      started++;
      const thread = startThread(new URL("../../actors/daemon/compute-thread.ts", import.meta.url), listener);
      return { ...thread, terminate: () => (running--, thread.terminate()) };
    };
    await using compute = startCompute({ threads: 1, startThread: begin });
    assert.equal(started, 0);
    await compute.probe(join(folder, "trial"));
    assert.deepEqual([running, started], [0, 1]);
    compute.prepare();
    compute.prepare();
    assert.deepEqual([running, started], [1, 2]);
  });
});

test("a trial measures rates and leaves nothing behind, also when the worker is closed in its middle", async () => {
  await withFolder(async (folder) => {
    const scratch = join(folder, "trial");
    const compute = startLocalCompute({ threads: 1 });
    const rates = await compute.probe(scratch);
    assert.ok(rates.decodeNanosecondsPerByte > 0 && rates.prefillNanosecondsPerMultiplyAdd > 0);
    assert.deepEqual(await readdir(folder), []);
    const interrupted = assert.rejects(compute.probe(scratch), ComputeError);
    const deadline = Date.now() + 10_000;
    while (!(await readdir(scratch).catch((): string[] => [])).includes("weights")) {
      assert.ok(Date.now() < deadline, "the trial does not begin");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await compute.close();
    await interrupted;
    assert.deepEqual(await readdir(folder), []);
  });
});

test("a segment tells what rows of a layer take together, once loaded, and begins with empty caches", async () => {
  await withSubject("8", async (subject) => {
    const [first, last] = await openSegments(subject, [1]);
    assert.ok(first !== undefined && last !== undefined);
    assert.deepEqual(first.rowTimes, []);
    const rows = last.rowTimes?.map(({ rows }) => rows) ?? [];
    assert.deepEqual(rows, [1, 2, 4, 8, 16].filter((size) => size <= SLOTS));
    assert.ok(last.rowTimes?.every(({ milliseconds }) => milliseconds > 0));
  });
});
