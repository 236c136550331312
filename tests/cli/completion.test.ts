import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test, type TestContext } from "node:test";
import { completionFor, optionsIn, SHELLS } from "../../cli/completion-script.ts";

const OPTIONS = { up: ["--model", "--name", "--help"], ask: ["--json", "--help"] };

test("options are those that a usage text lists, once each", () => {
  const usage =
    "skein x [options]: do.\n\n  --model PATH   a file\n                 --not this\n  --no-mdns      off\n  --model        again\n";
  assert.deepEqual(optionsIn(usage), ["--model", "--no-mdns", "--help"]);
});

/** What bash would offer at the end of a line. */
function offered(words: readonly string[]): Promise<string[] | undefined> {
  const script = `${completionFor("bash", OPTIONS)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _skein
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const child = spawn("bash", ["--norc", "-c", script]);
  let text = "";
  child.stdout.on("data", (chunk) => text += chunk);
  return new Promise((resolve) => {
    child.on("error", () => resolve(undefined));
    child.on("close", () => resolve(text.split("\n").filter((line) => line !== "")));
  });
}

test("bash completes commands, and the options of the command that was begun", async (t: TestContext) => {
  const commands = await offered(["skein", ""]);
  if (commands === undefined) return t.skip("there is no bash here");
  assert.deepEqual(commands, ["up", "ask"]);
  assert.deepEqual(await offered(["skein", "a"]), ["ask"]);
  assert.deepEqual(await offered(["skein", "up", "--m"]), ["--model"]);
  assert.deepEqual(await offered(["skein", "ask", "hi", "--"]), ["--json", "--help"]);
});

test("every shell's script names every command and option", () => {
  for (const shell of SHELLS) {
    const script = completionFor(shell, OPTIONS);
    for (const word of ["up", "ask", "model", "json"]) assert.ok(script.includes(word), `${shell}: ${word}`);
  }
});
