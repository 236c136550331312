import assert from "node:assert/strict";
import test from "node:test";
import { leaderOf } from "../../actors/addresses.ts";
import { isObeyed } from "../../actors/leader/obeying.ts";
import { acceptLeaderMessage } from "../../actors/leader/protocol.ts";
import { acceptSupervisorMessage } from "../../actors/supervisor/protocol.ts";

const number = { term: 3, epoch: 2 };
const executor = (device: string) => ({
  device,
  path: "/supervisor/executor-1",
  incarnation: "0123456789abcd.1",
  channel: "tensors",
});

const fromDevices = {
  preparing: { type: "preparing", number, device: "ann" },
  prepared: { type: "prepared", number, device: "ann", ref: executor("ann") },
  unprepared: { type: "unprepared", number, device: "ann", reason: "no memory" },
  "segment-lost": { type: "segment-lost", number, device: "ann", reason: "gone" },
};

for (const [type, message] of Object.entries(fromDevices)) {
  test(`a leader takes "${type}" of the device that it is about, and of no other`, () => {
    assert.deepEqual(acceptLeaderMessage(message, "ann"), message);
    assert.throws(() => acceptLeaderMessage(message, "eve"), /eve speaks for ann/);
  });
}

test("a device cannot say that its segment is on another", () => {
  const message = { ...fromDevices.prepared, ref: executor("bob") };
  assert.throws(() => acceptLeaderMessage(message, "ann"), /ann speaks for bob/);
});

test("a device reports for itself, and asks for conversations that answer to itself", () => {
  const report = {
    device: "ann",
    name: "Ann",
    usableBytes: 1,
    totalBytes: 1,
    spareDiskBytes: 0,
    rates: { decodeNanosecondsPerByte: 1, prefillNanosecondsPerMultiplyAdd: 1 },
    work: [],
    peers: [],
    links: [],
    slowdown: 1,
    sensors: { cores: 1, load: 0 },
  };
  assert.equal(acceptLeaderMessage({ type: "report", report }, "ann").type, "report");
  assert.throws(() => acceptLeaderMessage({ type: "report", report }, "eve"), /eve speaks for ann/);
  const converse = {
    type: "converse",
    id: "one",
    plan: number,
    request: { prompt: { type: "text", text: "a" }, sampling: {}, maxTokens: 1, stop: [] },
    progress: { generated: [], sent: 0 },
    answer: { ...executor("ann"), path: "/supervisor/gateway/answer-1", channel: "control" },
    replyTo: { device: "eve", path: "?", incarnation: "1", channel: "control" },
  };
  assert.throws(() => acceptSupervisorMessage(converse, "eve"), /eve speaks for ann/);
});

test("members may tell each other who leads, and the leader knows who told it", () => {
  const claim = { type: "claim", term: 4, leader: "ann" };
  assert.deepEqual(acceptLeaderMessage(claim, "bob"), { ...claim, from: "bob" });
});

test("a leader withdraws its own attempts alone", () => {
  const message = { type: "order", order: { type: "withdraw", number, leader: "ann" } };
  assert.deepEqual(acceptLeaderMessage(message, "ann"), message);
  assert.throws(() => acceptLeaderMessage(message, "eve"), /eve speaks for ann/);
});

test("a device publishes as leader for itself alone", () => {
  const order = { type: "publish", term: 3, leader: "ann", state: { models: [], reason: "no model" } };
  const message = { type: "order", order };
  assert.deepEqual(acceptLeaderMessage(message, "ann"), message);
  assert.throws(() => acceptLeaderMessage(message, "eve"), /eve speaks for ann/);
});

test("an assignment counts only from the leader that is to hear of it, an offer only from who has the model", () => {
  const model = "a".repeat(64);
  const policy = {
    objective: "latency",
    privateLayers: 0,
    privateHead: false,
    only: [],
    exclude: [],
    trusted: [],
    context: 128,
    concurrency: 1,
  };
  const offer = { type: "offer", device: "ann", model, policy, complete: true };
  assert.equal(acceptLeaderMessage(offer, "ann").type, "offer");
  assert.throws(() => acceptLeaderMessage(offer, "eve"), /eve speaks for ann/);
  const assign = {
    type: "assign",
    number,
    model,
    policy,
    first: 0,
    last: 1,
    context: 128,
    concurrency: 1,
    bytes: 1000,
    sources: ["ann"],
    replyTo: leaderOf("ann"),
  };
  assert.equal(acceptLeaderMessage({ type: "order", order: assign }, "ann").type, "order");
  assert.throws(() => acceptLeaderMessage({ type: "order", order: assign }, "eve"), /eve speaks for ann/);
  assert.throws(
    () => acceptSupervisorMessage(assign, "ann"),
    "a supervisor takes no order but from its own leader actor",
  );
});

test("an order is obeyed where its giver is elected, in the term that it gives it for", () => {
  const publish = (leader: string, term: number) => {
    return { type: "publish" as const, term, leader, state: { models: [], reason: "" } };
  };
  assert.ok(isObeyed(publish("ann", 3), { leader: "ann", term: 3 }));
  for (const [leader, term] of [["eve", 3], ["ann", 2], ["ann", 900_000]] as const) {
    assert.ok(!isObeyed(publish(leader, term), { leader: "ann", term: 3 }), `${leader} in term ${term}`);
  }
  assert.ok(!isObeyed(publish("ann", 3), { leader: undefined, term: 3 }), "it has left");
});
