import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultSampling, validateSampling } from "../../models/sampling/mod.ts";

test("options left out have their defaults", () => {
  assert.deepEqual(validateSampling({}), defaultSampling);
  assert.deepEqual(validateSampling({ topK: 40, seed: undefined }), { ...defaultSampling, topK: 40 });
});

test("a value out of range is refused with its name and what it must be", () => {
  const wrong = (partial: object, message: RegExp) =>
    assert.throws(() => validateSampling(partial), { name: "RangeError", message });
  wrong({ temperature: -1 }, /temperature -1; it must be a number from 0 to 100/);
  wrong({ temperature: NaN }, /temperature NaN/);
  wrong({ temperature: Infinity }, /temperature Infinity/);
  wrong({ topK: 1.5 }, /topK 1.5; it must be a whole number, 0 or more/);
  wrong({ topP: 0 }, /topP 0; it must be a number above 0, and at most 1/);
  wrong({ minP: 1.1 }, /minP 1.1/);
  wrong({ repetitionPenalty: 0 }, /repetitionPenalty 0/);
  wrong({ seed: 2 ** 53 }, /seed 9007199254740992; it must be a whole number between/);
  wrong({ seed: "7" }, /seed "7"/);
  wrong({ presencePenalty: 101 }, /presencePenalty 101; it must be a number from -100 to 100/);
  wrong({ logitBias: { 5: 1 } }, /logitBias .*; it must be at most 1024 pairs/);
  wrong({ logitBias: [[5]] }, /logitBias/);
  wrong({ logitBias: [[-1, 1]] }, /logitBias/);
  wrong({ logitBias: [[1, 101]] }, /logitBias/);
  wrong({ logitBias: Array(1025).fill([1, 1]) }, /logitBias/);
  wrong({ heat: 1 }, /the option "heat"; known are temperature, topK/);
});
