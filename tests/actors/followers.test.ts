/** Who follows what happens: what comes many times in an interval is one word, each kind of its own, and no more is kept than fits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Followers } from "../../actors/inspector/followers.ts";
import { type Followed, MAX_HAPPENINGS, ofActors, ofDevice } from "../../actors/inspector/happening.ts";
import type { Ref } from "../../runtime/actor/mod.ts";

const FOLLOWER: Ref<Followed> = { device: "b", path: "/follower", incarnation: "1", channel: "control" };

/** Somebody who follows what `types` names. */
function following(...types: string[]): { readonly followers: Followers; heard(): string[]; missed(): number } {
  const followers = new Followers({ device: "a", name: "laptop", wallNow: () => 1, onDue: () => {} });
  followers.add(FOLLOWER, { types, everyMs: 250 }, []);
  return {
    followers,
    heard: () => {
      const { happenings = [] } = followers.take(FOLLOWER) ?? {};
      return happenings.map(({ type, text, times = 1 }) => `${type} ${text} x${times}`);
    },
    missed: () => followers.take(FOLLOWER)?.missed ?? NaN,
  };
}

function frame(device: string, bytes: number): Parameters<typeof ofActors>[0] {
  return { type: "frame", at: 0, direction: "out", device, channel: "tensors", bytes };
}

test("frames to each device are one word an interval, the latest, with how many there were", () => {
  const { followers, heard } = following("all");
  for (const bytes of [1, 2, 3]) followers.happened(ofActors(frame("b", bytes)));
  followers.happened(ofActors(frame("c", 9)));
  assert.deepEqual(heard(), ["frame to b, tensors: 3 bytes x3", "frame to c, tensors: 9 bytes x1"]);
  followers.happened(ofActors(frame("b", 4)));
  assert.deepEqual(heard(), ["frame to b, tensors: 4 bytes x1"], "the next interval begins anew");
});

test("answers tell how far they are each for itself, and warnings are told each, however alike", () => {
  const { followers, heard } = following();
  for (const tokens of [1, 2]) {
    for (const id of ["x", "y"]) {
      followers.happened(ofDevice({ type: "answer", id, model: "m", stage: "going", tokens }));
    }
    followers.happened(ofDevice({ type: "warning", message: "the disk is full" }));
  }
  const times = heard().map((line) => `${line.split(" ")[0]} ${line.split(" ").at(-1)}`);
  assert.deepEqual(times.sort(), ["answer x2", "answer x2", "warning x1", "warning x1"]);
});

test("what there is no room for is counted", () => {
  const { followers, missed } = following();
  for (let count = 0; count < MAX_HAPPENINGS + 3; count++) {
    followers.happened(ofDevice({ type: "warning", message: `${count}` }));
  }
  assert.equal(missed(), 3);
});
