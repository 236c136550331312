/** How many threads a device computes with where nobody says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bestThreads, knownRates, type Trial, tryThreads } from "../../actors/daemon/rates.ts";
import { ThreadChoice } from "../../actors/daemon/thread-choice.ts";

const rates = (decode: number, prefill: number) => ({
  decodeNanosecondsPerByte: decode,
  prefillNanosecondsPerMultiplyAdd: prefill,
});

/** A data folder in memory, and workers that are as fast as `speed` says and count their trials. */
function device(speed: (threads: number) => ReturnType<typeof rates>) {
  const files = new Map<string, string>();
  const [started, tried] = [new Array<number>(), new Array<number>()];
  let open = 0;
  return {
    started,
    tried,
    open: () => open,
    options: {
      slowdown: 1,
      folder: {
        path: "/data",
        read: (name: string) => Promise.resolve(files.get(name)),
        write: (name: string, text: string) => Promise.resolve(void files.set(name, text)),
      },
    },
    start: (threads: number) => {
      open++;
      started.push(threads);
      return {
        probe: () => Promise.resolve((tried.push(threads), speed(threads))),
        close: () => Promise.resolve(void open--),
      };
    },
  };
}

test("each number of threads is tried once in the life of the hardware, by a worker that is closed again", async () => {
  const { options, start, started, tried, open } = device((threads) => rates(1 / threads, 1 / threads));
  const first = await tryThreads({ ...options, cores: 6 }, start);
  assert.deepEqual(first.map(({ threads }) => threads), [1, 2, 4, 6]);
  assert.deepEqual(await tryThreads({ ...options, cores: 6 }, start), first);
  assert.deepEqual(started, [1, 2, 4, 6]);
  assert.equal(open(), 0);
  await knownRates({ ...options, threads: 4 }, start(4));
  assert.deepEqual(tried, [1, 2, 4, 6], "what was tried to choose serves the planner too");
});

test("a worker whose trial fails is closed, and the failure is told", async () => {
  const { options, start, open } = device(() => {
    throw new Error("no room");
  });
  await assert.rejects(tryThreads({ ...options, cores: 2 }, start), /no room/);
  assert.equal(open(), 0);
});

test("a device that joins tries no threads yet, and needs no trial to stop; what is known is not waited for", async () => {
  const { options, start, started } = device((threads) => rates(1 / threads, 1 / threads));
  const chosen: number[] = [];
  const more = { ...options, cores: 2, start, onChoice: ({ threads }: { threads: number }) => chosen.push(threads) };
  {
    await using choice = new ThreadChoice({ ...more, joins: true });
    void choice.threads();
    await Promise.resolve();
  }
  assert.deepEqual(started, []);
  await using alone = new ThreadChoice({ ...more, joins: false });
  assert.equal(await alone.threads(), 2);
  await using again = new ThreadChoice({ ...more, joins: true });
  assert.equal(await again.threads(), 2);
  assert.deepEqual([started, chosen], [[1, 2], [2, 2]]);
});

test("more threads are taken where they pay, and left where they do not", () => {
  const trial = (threads: number, decode: number, prefill: number): Trial => ({
    threads,
    rates: rates(decode, prefill),
  });
  assert.equal(bestThreads([trial(1, 1, 1), trial(2, 0.6, 0.5), trial(4, 0.5, 0.27)]), 4);
  assert.equal(bestThreads([trial(1, 1, 1), trial(2, 0.6, 0.5), trial(4, 0.6, 0.48)]), 2, "four gain next to nothing");
  assert.equal(bestThreads([trial(1, 1, 1), trial(2, 1.4, 1.2)]), 1, "a machine that does other things");
  assert.equal(bestThreads([]), 1);
});
