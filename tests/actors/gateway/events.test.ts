/** The stream of what happens in the mesh: every device's events, the kinds that were asked for, no more often than asked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { type EventLine, routes } from "../../../actors/gateway/api.ts";
import { eventStream, type Source } from "../../../actors/gateway/event-stream.ts";
import type { Happening } from "../../../actors/inspector/happening.ts";
import { apiOf } from "../mesh/mesh-api.ts";
import { type SimulatedMesh, simulatedMesh } from "../mesh/simulated-mesh.ts";

interface Reader {
  /** What has come so far. */
  readonly lines: EventLine[];
  leave(): Promise<void>;
}

/** Reads a stream of events at device `a` of a mesh. */
async function follow(mesh: SimulatedMesh, query: string): Promise<Reader> {
  const response = await apiOf(mesh, "a")(`${routes.events.path}${query}`);
  assert.equal(response.status, 200, response.ok ? "" : await response.text());
  const reader = response.body?.getReader();
  const lines: EventLine[] = [];
  const reading = (async () => {
    for (let more = await reader?.read(); more?.done === false; more = await reader?.read()) {
      for (const line of new TextDecoder().decode(more.value).split("\n").filter((text) => text !== "")) {
        lines.push(v.parse(routes.events.response, JSON.parse(line)));
      }
    }
  })();
  await mesh.clock.advance(10);
  return {
    lines,
    async leave() {
      await reader?.cancel();
      await reading;
    },
  };
}

const isHappening = (line: EventLine): line is Happening => "at" in line;

test("an answer is followed from its beginning to its end, with who it goes through and never its words", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 4 });
  const reader = await follow(mesh, "?types=answer");
  const answer = mesh.ask("b", "Hello", 5);
  await mesh.until(() => answer.over);
  await mesh.clock.advance(300);
  const events = reader.lines.filter(isHappening);
  assert.deepEqual(new Set(events.map(({ name }) => name)), new Set(["b"]));
  assert.deepEqual(events.map(({ event }) => event?.["stage"]), ["began", "reading", "writing", "ended"]);
  assert.deepEqual(events[1]?.event?.["route"], ["a", "b"]);
  assert.ok(!JSON.stringify(events).includes(answer.text));
  await reader.leave();
});

test("without a wish for actors' events there are none; with it they are told once an interval", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 4 });
  const [quiet, loud] = [await follow(mesh, ""), await follow(mesh, "?types=handled&device=b&every=1s")];
  const answer = mesh.ask("a", "Hello", 20);
  await mesh.until(() => answer.over);
  await mesh.clock.advance(1100);
  assert.deepEqual([...new Set(quiet.lines.filter(isHappening).map(({ type }) => type))], ["answer"]);
  const handled = loud.lines.filter(isHappening);
  assert.deepEqual([...new Set(handled.map(({ type, name }) => `${type} ${name}`))], ["handled b"]);
  const [executor, ...more] = handled.filter(({ path }) => path?.includes("executor"));
  assert.ok((executor?.times ?? 0) > 10 && more.length <= 1, JSON.stringify(handled));
  await quiet.leave();
  await loud.leave();
});

test("what happened before is told first, and a device that comes later is followed too", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 4 });
  const reader = await follow(mesh, "?types=plan,segment&past=50");
  await mesh.clock.advance(300);
  const before = reader.lines.filter(isHappening);
  assert.ok(before.some(({ type, name }) => type === "plan" && name === "b"), JSON.stringify(before));
  mesh.join("c");
  await mesh.until(() => reader.lines.some((line) => isHappening(line) && line.name === "c" && line.type === "plan"));
  await reader.leave();
});

test("a reader that has gone leaves no actor behind", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 4 });
  const followers = () =>
    mesh.device("a").system.inspect.snapshot().filter(({ path }) => path.startsWith("/follower-"));
  const reader = await follow(mesh, "");
  assert.equal(followers().length, 1);
  await reader.leave();
  await mesh.clock.advance(10);
  assert.equal(followers().length, 0);
});

test("a query that makes no sense is refused in a sentence", async () => {
  await using mesh = await simulatedMesh(["a"], { layers: 4 });
  for (const query of ["?types=A B", "?every=1", "?every=1ms", "?past=1000", "?path=executor", "?typos=plan"]) {
    await assert.rejects(follow(mesh, query), /not|with/, query);
  }
});

test("a slow reader misses the oldest events, and is told how many before those that came later", async () => {
  const source = listeners();
  const reader = eventStream(source.source, new AbortController().signal, () => () => {}).getReader();
  for (let at = 0; at < 10_007; at++) source.say({ type: "plan", at, device: "a", name: "a", text: "" });
  const text = new TextDecoder().decode((await reader.read()).value);
  const [missed, oldest] = text.split("\n", 2).map((line) => JSON.parse(line));
  assert.deepEqual(missed, { type: "missed", events: 7 });
  assert.equal(oldest.at, 7);
  await reader.cancel();
  assert.equal(source.count(), 0);
});

test("a stream whose reader had gone before it began listens to nothing", () => {
  const source = listeners();
  eventStream(source.source, AbortSignal.abort(), () => () => {});
  assert.equal(source.count(), 0);
});

/** A source of events that knows how many listen. */
function listeners() {
  const all = new Set<Parameters<Source>[0]>();
  const source: Source = (listener) => {
    all.add(listener);
    return () => void all.delete(listener);
  };
  return {
    source,
    say: (event: Happening) => all.forEach((listener) => listener([event], 0)),
    count: () => all.size,
  };
}
