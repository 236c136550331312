import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  conversation,
  families,
  isCoined,
  mixtureAt,
  seededRandom,
  type Split,
  splitOf,
  writeStory,
  writeTask,
} from "../../models/builtin/generator/mod.ts";
import { things } from "../../models/builtin/generator/words.ts";
import { validationSet } from "../../models/builtin/validation-set.ts";

const knobs = fc.record({
  seed: fc.nat(),
  family: fc.constantFrom(...families),
  hops: fc.constantFrom(1, 2, 3),
  redundancy: fc.double({ min: 0, max: 0.8, noNaN: true }),
  split: fc.constantFrom<Split>("train", "heldout"),
});

test("the same seed gives the same conversations, another seed others", () => {
  const write = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 50 }, () => conversation(random, "train", mixtureAt(0.9)));
  };
  assert.deepEqual(write(5), write(5));
  assert.notDeepEqual(write(5), write(6));
});

test("the last word of an answer is in the prompt, unless a rule turns it round", () => {
  fc.assert(fc.property(knobs, ({ seed, family, split, hops, redundancy }) => {
    const { prompt, answer, chance } = writeTask(family, { random: seededRandom(seed), split, hops, redundancy });
    assert.match(answer, /^[A-Z][a-z]+([,.:]? [A-Za-z0-9]+)+\.$/);
    assert.ok(chance > 0 && chance <= 1 / 2);
    const said = answer.split(" ").at(-1)?.replace(/\.$/, "") ?? "";
    if (family !== "rule" || hops === 1) assert.ok(prompt.includes(said), `${prompt} => ${answer}`);
  }));
});

test("names of held-out tasks never occur in training, and the other way round", () => {
  fc.assert(fc.property(knobs, ({ seed, family, split, hops, redundancy }) => {
    const { prompt } = writeTask(family, { random: seededRandom(seed), split, hops, redundancy });
    const names = (prompt.match(/[A-Za-z]+/g) ?? []).map((word) => word.toLowerCase()).filter(isCoined);
    for (const name of names) assert.equal(splitOf(`name ${name}`), split, name);
  }));
});

test("filler makes the asked share of a task's text and leaves facts and answer as they are", () => {
  fc.assert(fc.property(fc.nat(), fc.constantFrom(...families), (seed, family) => {
    const write = (redundancy: number) =>
      writeTask(family, { random: seededRandom(seed), split: "train", hops: 2, redundancy });
    const [plain, padded] = [write(0), write(0.8)];
    const words = (text: string) => text.split(/\s+/).length;
    const ratio = words(padded.prompt) / words(plain.prompt);
    assert.ok(ratio > 2 && ratio < 5.5, `${ratio}`);
  }));
});

test("a task of unknown knobs is refused with their ranges", () => {
  const random = seededRandom(1);
  assert.throws(
    () => writeTask("rule", { random, split: "train", hops: 4, redundancy: 0 }),
    /4 hops; choose 1, 2 or 3/,
  );
  assert.throws(() => writeTask("rule", { random, split: "train", hops: 1, redundancy: 0.9 }), /choose 0 to 0.8/);
});

test("a story mentions all that its request names", () => {
  fc.assert(fc.property(fc.nat(), fc.constantFrom<Split>("train", "heldout"), (seed, split) => {
    const { prompt, text, mentions } = writeStory({ random: seededRandom(seed), split, coined: 0.2 });
    for (const word of mentions) {
      assert.ok(prompt.includes(word), `${word}: ${prompt}`);
      assert.ok(text.includes(word), `${word}: ${text}`);
    }
    assert.doesNotMatch(text, /[{}]|undefined|\ba [aeiou]/);
  }));
});

test("a held-out pair of hero and thing is in no training story", () => {
  const random = seededRandom(2);
  const pairs = (split: Split) =>
    new Set(Array.from({ length: 3000 }, () => {
      const { mentions: [hero, thing], prompt } = writeStory({ random, split });
      return things.includes(thing ?? "") ? `${hero} ${thing}` : prompt;
    }));
  const train = pairs("train");
  const heldOut = [...pairs("heldout")].filter((pair) => !pair.includes("about"));
  assert.ok(heldOut.length > 100);
  for (const pair of heldOut) assert.ok(!train.has(pair), pair);
});

test("the validation set is the same each time and has every setting of the knobs", () => {
  const { tasks, stories } = validationSet({ perSetting: 2, stories: 3 });
  assert.equal(tasks.length, 6 * 3 * 3 * 2);
  assert.equal(stories.length, 3);
  assert.deepEqual(validationSet({ perSetting: 2, stories: 3 }), { tasks, stories });
});
