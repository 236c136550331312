/** What people type, read: options, numbers, sizes, words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOption, CommandError, numberOption, oneOf, parseCommand } from "../../cli/command.ts";

const OPTIONS = { api: { type: "string" }, "max-tokens": { type: "string", default: "256" } } as const;

/** That `action` is refused as used wrongly, with these words. */
function refuses(action: () => unknown, words: RegExp): void {
  assert.throws(action, (error) => error instanceof CommandError && error.exitCode === 2 && words.test(error.message));
}

test("options and positionals are read, with their defaults", () => {
  const { values, positionals } = parseCommand(["--api", "x", "hello"], OPTIONS, "usage", 1);
  assert.deepEqual([{ ...values }, positionals], [{ api: "x", "max-tokens": "256" }, ["hello"]]);
});

test("what a command does not know is refused with its usage", () => {
  refuses(() => parseCommand(["--wings"], OPTIONS, "how to use it"), /--wings[^]*how to use it/);
  refuses(() => parseCommand(["--api"], OPTIONS, "how to use it"), /--api/);
  refuses(() => parseCommand(["a"], OPTIONS, "how to use it"), /how to use it/);
  refuses(() => parseCommand(["tell", "me", "more"], OPTIONS, "", 1), /Too many arguments: me more\. Quote a prompt/);
});

test("a number is taken within its range alone, and a refusal names the option, what was given and the range", () => {
  assert.equal(numberOption("seed", undefined), undefined);
  assert.equal(numberOption("top-p", "0.5", { min: 0, max: 1 }), 0.5);
  for (const text of ["hot", "", " ", "NaN", "Infinity", "1.5.2", "-1", "2"]) {
    refuses(
      () => numberOption("top-p", text, { min: 0, max: 1 }),
      new RegExp(`^--top-p is ${JSON.stringify(text)}; it must be a number from 0 to 1\\.$`),
    );
  }
  refuses(() => numberOption("threads", "1.5", { min: 1, integer: true }), /a whole number from 1\./);
});

test("every whole number within a range is taken as it is, and none beyond", () => {
  fc.assert(fc.property(fc.integer(), fc.integer({ min: 0, max: 1000 }), (value, max) => {
    const read = () => numberOption("n", `${value}`, { min: 0, max, integer: true });
    if (value >= 0 && value <= max) assert.equal(read(), value);
    else refuses(read, /^--n is/);
  }));
});

test("sizes are bytes, in thousands or in 1024s", () => {
  const sizes = ["1024", "2G", "2GB", "2GiB", "1.5KiB", "512 MB"].map((text) => bytesOption("memory", text));
  assert.deepEqual(sizes, [1024, 2e9, 2e9, 2 ** 31, 1536, 512e6]);
  assert.equal(bytesOption("memory", undefined), undefined);
  for (const text of ["plenty", "-1GB", "GiB", "1XB"]) refuses(() => bytesOption("memory", text), /2GiB or 512MB/);
});

test("a word is one of those that are known", () => {
  assert.equal(oneOf("quantize", "keep", ["keep", "8", "4"]), "keep");
  refuses(() => oneOf("quantize", "5", ["keep", "8", "4"]), /--quantize is "5"; it must be one of keep, 8, 4\./);
});
