/** The planning thread: the event loop, and with it every heartbeat, goes on while the largest problem is solved. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startSolver } from "../../actors/leader/solver-client.ts";
import type { SolveAnswer, SolverWord } from "../../actors/leader/solver.ts";
import type { startThread } from "../../runtime/host/thread.ts";
import type { Problem } from "../../plans/mod.ts";
import { every, simulatedClock, systemClock } from "../../runtime/clock.ts";

function problem(blocks: number, devices: number): Problem {
  const name = (index: number) => `d${index}`;
  const speed = (index: number) => 1 + (index * 7919 % 13) / 10;
  return {
    blocks: Array.from({ length: blocks }, (_, index) => ({
      kind: index === 0 ? "embed" : index === blocks - 1 ? "head" : "layer",
      weightBytes: 1e8,
      kvBytesPerToken: 1000,
      activationBytes: 8192,
    })),
    devices: Array.from({ length: devices }, (_, index) => ({
      device: name(index),
      name: name(index),
      usableBytes: 5e8 * speed(index * 3),
      decodeMilliseconds: Array.from({ length: blocks }, () => speed(index)),
      prefillMillisecondsPerToken: Array.from({ length: blocks }, () => speed(index) / 10),
      trusted: true,
      allowed: true,
    })),
    links: Array.from({ length: devices * devices }, (_, pair) => ({
      from: name(Math.floor(pair / devices)),
      to: name(pair % devices),
      roundTripMilliseconds: 1 + speed(pair) * 2,
      bytesPerSecond: 1e7 * speed(pair),
    })).filter(({ from, to }) => from !== to),
    shape: { context: 512, concurrency: 1, promptTokens: 64, outputTokens: 64 },
    objective: "latency",
  };
}

test("the event loop goes on while a problem of 96 blocks and 200 devices is solved", async () => {
  await using solver = startSolver(systemClock);
  const begin = performance.now();
  let [last, worst] = [begin, 0];
  const stop = every(systemClock, 20, () => {
    const now = performance.now();
    [last, worst] = [now, Math.max(worst, now - last)];
  });
  const { outcome } = await solver.solve({ problem: problem(96, 200), explain: false });
  stop();
  const whole = performance.now() - begin;
  assert.equal(outcome.type, "placed");
  // Solved on the event loop, it would hold up one beat for nearly the whole time. A busy machine may hold up some.
  assert.ok(worst < whole / 2, `${worst} ms between two beats, in ${whole} ms`);
});

test("a request that the thread cannot serve is refused, and the next one is served", async () => {
  await using solver = startSolver(systemClock);
  await assert.rejects(solver.solve({ problem: null as unknown as Problem, explain: false }), /planner failed/);
  const { outcome } = await solver.solve({ problem: problem(4, 2), explain: true });
  assert.equal(outcome.type, "placed");
});

test("HiGHS gives a second opinion where it is asked for, and the plan names both proofs", async () => {
  await using solver = startSolver(systemClock);
  const { outcome } = await solver.solve({ problem: problem(8, 3), explain: false, secondOpinion: true });
  assert.ok(outcome.type === "placed");
  assert.deepEqual(outcome.proofs.map(({ solver }) => solver), ["exact", "linear"]);
  assert.equal(outcome.gap, 0);
});

test("whoever is asked to place does, and a what-if may ask another", async () => {
  await using solver = startSolver(systemClock);
  const request = { problem: problem(6, 2), explain: false, changes: ["solver=dynamic"] };
  const { outcome, changed } = await solver.solve({ ...request, solver: "linear" });
  assert.equal(outcome.type === "placed" && outcome.solver, "linear");
  assert.ok(changed !== undefined && "outcome" in changed && changed.outcome.type === "placed");
  assert.equal(changed.outcome.solver, "dynamic");
});

/** A solver whose threads are played: what they are sent, and what they say. */
function played() {
  const threads: { readonly posted: number[]; readonly listener: Parameters<typeof startThread>[1]; ended: boolean }[] =
    [];
  const clock = simulatedClock();
  const begin: typeof startThread = (_url, listener) => {
    const thread = { posted: [] as number[], listener, ended: false };
    threads.push(thread);
    return {
      post: (message) => void thread.posted.push((message as { id: number }).id),
      terminate: () => Promise.resolve(void (thread.ended = true)),
    };
  };
  const say = (thread: number, word: SolverWord) => threads[thread]?.listener.onMessage(word);
  return { solver: startSolver(clock, begin), threads, clock, say };
}

const request = { problem: problem(2, 1), explain: false };
const unsolved = (reason: string): SolveAnswer => ({ outcome: { type: "unsolved", reason, refusals: [] } });

test("who asks during another's second opinion does not wait for it: the thread is replaced, and nothing is lost", async () => {
  const { solver, threads, say } = played();
  const review = solver.solve({ ...request, secondOpinion: true });
  say(0, { type: "answer", id: 1, answer: unsolved("first"), last: false });
  const urgent = solver.solve(request);
  assert.deepEqual(await review, unsolved("first"));
  assert.deepEqual([threads[0]?.ended, threads[1]?.posted], [true, [2]]);
  say(0, { type: "answer", id: 2, answer: unsolved("from the thread that was replaced"), last: true });
  threads[0]?.listener.onEnd("terminated");
  say(1, { type: "answer", id: 2, answer: unsolved("urgent"), last: true });
  assert.deepEqual(await urgent, unsolved("urgent"));
});

test("a second opinion that never comes leaves the first answer; a first answer that never comes is a failure", async () => {
  const { solver, clock, say } = played();
  const seconded = solver.solve({ ...request, secondOpinion: true });
  say(0, { type: "answer", id: 1, answer: unsolved("first"), last: false });
  await clock.advance(30_000);
  assert.deepEqual(await seconded, unsolved("first"));
  const refused = assert.rejects(solver.solve(request), /did not answer in time/);
  await clock.advance(30_000);
  await refused;
});

test("a thread that was made ready serves the first problem; none is made ready for a daemon that stops", async () => {
  const { solver, threads, say } = played();
  solver.prepare();
  solver.prepare();
  const asked = solver.solve(request);
  assert.deepEqual(threads.map(({ posted }) => posted), [[1]]);
  say(0, { type: "answer", id: 1, answer: unsolved("no"), last: true });
  assert.deepEqual(await asked, unsolved("no"));
  await solver[Symbol.asyncDispose]();
  solver.prepare();
  assert.equal(threads.length, 1);
});
