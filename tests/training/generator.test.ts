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
  writePuzzle,
  writeStory,
  writeTask,
} from "../../training/generator/mod.ts";
import { things } from "../../training/generator/words.ts";
import { validationSet } from "../../training/validation-set.ts";

const knobs = fc.record({
  seed: fc.nat(),
  family: fc.constantFrom(...families),
  hops: fc.constantFrom(1, 2, 3),
  redundancy: fc.double({ min: 0, max: 0.8, noNaN: true }),
  explain: fc.boolean(),
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
  fc.assert(fc.property(knobs, ({ seed, family, ...options }) => {
    const { prompt, answer, chance } = writeTask(family, { random: seededRandom(seed), ...options });
    assert.match(answer, /^[A-Z][a-z]+([,.:]? [A-Za-z0-9]+)+\.$/);
    assert.ok(chance > 0 && chance <= 1 / 2);
    const said = answer.split(" ").at(-1)?.replace(/\.$/, "") ?? "";
    if (family !== "rule" || options.hops === 1) assert.ok(prompt.includes(said), `${prompt} => ${answer}`);
  }));
});

test("an explanation ends with what the short answer says", () => {
  fc.assert(fc.property(knobs, ({ seed, family, ...options }) => {
    const write = () => writePuzzle(family, { random: seededRandom(seed), ...options });
    for (const { answer, explanation } of write().questions) {
      const last = (text: string) => text.split(" ").at(-1);
      // A comparison is decided by who the explanation begins with.
      if (family === "compare") assert.equal(explanation.split(" ")[1], answer.split(" ")[2]?.replace(".", ""));
      else if (family !== "rule" || options.hops !== 2) assert.equal(last(explanation), last(answer));
      else assert.ok(explanation.endsWith(`but ${last(answer)}`), explanation);
    }
  }));
});

test("the steps that an answer leaves unsaid are words of the text, in the order in which a reader finds them", () => {
  fc.assert(fc.property(knobs, ({ seed, family, ...options }) => {
    const { text, glue, questions } = writePuzzle(family, { random: seededRandom(seed), ...options });
    for (const { question, answer, explanation, unsaid = [] } of questions) {
      for (const { at, through } of unsaid) {
        assert.ok(at > 0 && answer.charAt(at - 1) === " ", answer);
        assert.ok(through.length <= 2);
        const found = through.filter((word) => word !== undefined);
        for (const word of found) assert.ok((text + glue + question).includes(word), `${word}: ${explanation}`);
        // A rule's explanation looks at the demonstration's words first.
        if (family === "rule") continue;
        const places = found.map((word) => explanation.search(new RegExp(`\\b${word}(\\b|\\d)`)));
        assert.deepEqual(places, places.toSorted((a, b) => a - b));
      }
    }
  }));
});

test("how a text opens is worded otherwise in validation than in training", () => {
  const openings = (split: Split) => {
    const random = seededRandom(9);
    const tasks = families.flatMap((family) =>
      Array.from({ length: 200 }, () => writeTask(family, { random, split, hops: 1, redundancy: 0 }))
    );
    return new Set(tasks.map(({ prompt }) => /^[^.:]+[.:]/.exec(prompt)?.[0]));
  };
  const train = openings("train");
  for (const opening of openings("heldout")) assert.ok(!train.has(opening), opening);
});

test("names of held-out tasks never occur in training, and the other way round", () => {
  fc.assert(fc.property(knobs, ({ seed, family, split, ...knobs }) => {
    const { prompt } = writeTask(family, { random: seededRandom(seed), split, ...knobs });
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
