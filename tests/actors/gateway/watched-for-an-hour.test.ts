/** Ten pages that are open for an hour: what the daemon keeps for them does not grow. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventStream } from "../../../actors/gateway/event-stream.ts";
import { follower } from "../../../actors/gateway/follower.ts";
import { SUPERVISOR } from "../../../actors/addresses.ts";
import { inspector, type InspectorOptions } from "../../../actors/inspector/behaviour.ts";
import { EventRing } from "../../../actors/inspector/events.ts";
import { Links } from "../../../actors/monitor/links.ts";
import { WorkTimes } from "../../../actors/monitor/work-times.ts";
import { type ActorSystem, type Behaviour, createActorSystem, next } from "../../../runtime/actor/mod.ts";
import type { Clock } from "../../../runtime/clock.ts";
import { usedHeapBytes } from "./used-heap.ts";

const PAGES = 10;
/** Of them, those that do not read: tabs that the browser has put to sleep. */
const ASLEEP = 2;
const HOUR_SECONDS = 3600;
const EVENTS_A_SECOND = 10;
const FOLLOWING = { types: [], everyMs: 500, past: 30, of: () => true };

test("what is kept for ten pages does not grow over an hour, though two sleep and one is loaded anew each minute", async () => {
  const clock = coarseClock();
  await using system = createActorSystem({ device: "a", clock });
  const events = new EventRing(clock);
  system.spawn(supervisor(inspectorOptions(system, clock, events)), { name: SUPERVISOR });
  const pages = Array.from({ length: PAGES }, (_, index) => openPage(system, clock, index >= ASLEEP));
  const heap: number[] = [];
  for (let second = 1; second <= HOUR_SECONDS; second++) {
    for (let event = 0; event < EVENTS_A_SECOND; event++) tell(events, second, event);
    await clock.pass(1000);
    // By then those that sleep have as much waiting as is kept for them.
    if (second % 1200 === 0) heap.push(usedHeapBytes());
    if (second % 60 === 0) {
      await pages.pop()?.close();
      pages.push(openPage(system, clock, true));
    }
  }
  const [before = 0, , after = 0] = heap;
  assert.ok(after - before < 2 ** 20, `from ${before} to ${after} bytes`);
  const followers = system.inspect.snapshot().filter(({ path }) => path.startsWith("/follower-"));
  assert.equal(followers.length, PAGES);
  assert.ok((pages[ASLEEP]?.lines() ?? 0) >= HOUR_SECONDS * (EVENTS_A_SECOND - 1), "those that read miss nothing");
  for (const page of pages) await page.close();
});

/** Something happens: answers come, go on and end, one gets a little further each second, models are fetched. */
function tell(events: EventRing, second: number, event: number): void {
  const answer = { type: "answer", id: `answer-${second}-${event}`, model: "story" } as const;
  if (event === 0) events.record({ type: "fetching", doneBytes: second, totalBytes: HOUR_SECONDS, from: "b" });
  else if (event === 1) events.record({ ...answer, id: "long", stage: "going", tokens: second });
  else if (event % 2 === 0) events.record({ ...answer, stage: "began" });
  else events.record({ ...answer, stage: "left", tokens: second });
}

interface Page {
  /** Lines that it has read. */
  lines(): number;
  close(): Promise<void>;
}

function openPage(system: ActorSystem, clock: Clock, reads: boolean): Page {
  const source: Parameters<typeof eventStream>[0] = (onHappenings) => {
    const options = { device: "a", name: "laptop", peers: () => [], following: FOLLOWING, onHappenings };
    const ref = system.spawn(follower(options), { name: `follower-${crypto.randomUUID()}` });
    return () => void system.stop(ref);
  };
  const closing = new AbortController();
  const stream = eventStream(source, closing.signal, (time, action) => clock.after(time, action));
  const reader = stream.getReader();
  let lines = 0;
  const reading = (async () => {
    for (let more = reads; more;) {
      const { done, value } = await reader.read();
      more = !done;
      for (const byte of value ?? []) if (byte === 10) lines++;
    }
  })();
  return {
    lines: () => lines,
    async close() {
      closing.abort();
      await reader.cancel();
      await reading;
    },
  };
}

/** A supervisor with nothing but an inspector. */
function supervisor(options: InspectorOptions): Behaviour<null, never> {
  return {
    start(context) {
      context.spawn(inspector(options), { name: "inspector" });
      return null;
    },
    receive: (state) => next(state),
  };
}

function inspectorOptions(system: ActorSystem, clock: Clock, events: EventRing): InspectorOptions {
  return {
    device: "a",
    name: "laptop",
    host: {
      readMemory: () => Promise.resolve({ totalBytes: 1, availableBytes: 1 }),
      readFreeDisk: () => Promise.resolve(1),
      readSensors: () => Promise.resolve({ cores: 1, load: 0 }),
      processBytes: () => 1,
    },
    slowdown: 1,
    rates: () => Promise.reject(new Error("there was no trial")),
    peers: () => [],
    links: new Links(clock),
    work: new WorkTimes(),
    events,
    inspect: system.inspect,
    wallNow: () => clock.now(),
  };
}

/** A clock that fires all that falls due in a step at its end: an hour in a few seconds. */
function coarseClock(): Clock & { pass(milliseconds: number): Promise<void> } {
  let time = 0;
  const timers = new Set<{ readonly due: number; readonly action: () => void }>();
  return {
    now: () => time,
    after(milliseconds, action) {
      const timer = { due: time + milliseconds, action };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async pass(milliseconds) {
      time += milliseconds;
      for (const timer of [...timers].filter(({ due }) => due <= time)) if (timers.delete(timer)) timer.action();
      for (let round = 0; round < 8; round++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
