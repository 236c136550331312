/** Rules of `deno lint`: a file says one thing, and a screen holds a function. */

/** Lines of a file, at most. */
const FILE = 300;
/** Lines of a function from its first to its last, functions inside it included, at most; in tests as many as it takes. */
const FUNCTION = 60;

// What these rules need of Deno's lint plugins, whose types TypeScript's own compiler does not know.
interface Node {
  readonly range: [start: number, end: number];
}
interface Context {
  readonly filename: string;
  readonly sourceCode: { readonly text: string };
  report(problem: { readonly node: Node; readonly message: string }): void;
}

export default {
  name: "length",
  rules: {
    file: { create: fileRule },
    function: { create: functionRule },
  },
};

function fileRule(context: Context) {
  return {
    Program(node: Node) {
      const lines = linesOf(context.sourceCode.text.trimEnd());
      if (lines > FILE) context.report({ node, message: `This file has ${lines} lines; ${FILE} are the limit.` });
    },
  };
}

function functionRule(context: Context) {
  if (pathOf(context).includes("/tests/")) return {};
  const measure = (node: Node) => {
    const lines = linesOf(context.sourceCode.text.slice(...node.range));
    if (lines > FUNCTION) {
      context.report({ node, message: `This function has ${lines} lines; ${FUNCTION} are the limit.` });
    }
  };
  return { FunctionDeclaration: measure, FunctionExpression: measure, ArrowFunctionExpression: measure };
}

function pathOf({ filename }: Context): string {
  return filename.replaceAll("\\", "/");
}

function linesOf(text: string): number {
  return text.split("\n").length;
}
