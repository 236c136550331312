import assert from "node:assert/strict";
import test from "node:test";
import length from "../../scripts/lint/length.ts";

const { file, function: functions } = length.rules;

/** A file as Deno's linter shows it to a rule, which keeps what the rule says. */
function fileOf(filename: string, lines: number) {
  const text = `${"\n".repeat(lines - 1)}}\n`;
  const said: string[] = [];
  const node = { range: [0, text.length - 1] as [number, number] };
  return {
    said,
    node,
    context: { filename, sourceCode: { text }, report: (it: { message: string }) => said.push(it.message) },
  };
}

test("a file of 300 lines passes, one of 301 does not", () => {
  for (const [lines, messages] of [[300, []], [301, ["This file has 301 lines; 300 are the limit."]]] as const) {
    const { context, node, said } = fileOf("/home/x/plans/cost.ts", lines);
    file.create(context).Program(node);
    assert.deepEqual(said, messages);
  }
});

test("a function of 60 lines passes, one of 61 does not; tests may be as long as they need", () => {
  const messages = ["This function has 61 lines; 60 are the limit."];
  for (
    const [path, lines, expected] of [["plans", 60, []], ["plans", 61, messages], ["tests/plans", 61, []]] as const
  ) {
    const { context, node, said } = fileOf(`/home/x/${path}/cost.ts`, lines);
    functions.create(context).FunctionDeclaration?.(node);
    assert.deepEqual(said, expected);
  }
});
