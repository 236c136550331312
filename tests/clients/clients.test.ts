/**
 * Clients that people use, against a mesh of two daemons with the built-in model. They are a package of their own, which weighs
 * 130 MB: `npm run test:clients` installs it, and CI does. What imports them is in files that end in `.mts`, which are checked
 * along with the package and not by `npm run check`.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { builtinModelName, builtinModelPath } from "../../models/builtin/mod.ts";
import { startLocalMesh } from "../e2e/local-mesh.ts";
import type { Client } from "./clients.ts";
import { plain } from "./plain.ts";

const CLIENTS: Readonly<Record<string, () => Promise<Client>>> = {
  "fetch and sockets": () => Promise.resolve(plain),
  openai: () => load("./openai.mts"),
  "AI SDK": () => load("./ai-sdk.mts"),
  LangChain: () => load("./langchain.mts"),
  LlamaIndex: () => load("./llamaindex.mts"),
};

/** Imports what there is only where it is installed. */
async function load(path: string): Promise<Client> {
  const module: { readonly client: Client } = await import(new URL(path, import.meta.url).href);
  return module.client;
}

const installed = existsSync(new URL("./node_modules", import.meta.url));

test("the clients that people use get what they ask for", {
  skip: installed ? false : "the clients are not installed: npm run test:clients does both",
}, async () => {
  await using mesh = await startLocalMesh(2, builtinModelPath());
  const served = { baseUrl: `${mesh.api(1)}/v1`, model: builtinModelName };
  const failures: string[] = [];
  let calls = 0;
  for (const [name, load] of Object.entries(CLIENTS)) {
    for (const [what, call] of Object.entries((await load())(served))) {
      calls++;
      await call().catch((error) =>
        failures.push(
          `${name}, ${what}: ${error instanceof Error ? error.stack : error}`,
        )
      );
    }
  }
  assert.deepEqual(failures, [], `${failures.length} of ${calls} calls failed`);
});
