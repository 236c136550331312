/** Skein over local daemons, driven through its API as clients would. */
import type { SolveAnswer } from "../../actors/leader/solver.ts";
import { type LocalMesh, startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import type { Answer, Expected, Request, Server } from "./server.ts";

/** How long a device may take to compile a model of a gigabyte, and the others to fetch their share. */
const COMPILE_MILLISECONDS = 600_000;
/** Answers at once that daemons have room for. */
const CONCURRENCY = 16;

/** Starts daemons that split the model evenly, at the context that the model has by default. */
export async function startSkein(
  model: string,
  devices: number,
  threads: number,
): Promise<Server> {
  const options = [
    "--threads",
    `${threads}`,
    "--concurrency",
    `${CONCURRENCY}`,
    "--mirrors",
    "off",
    "--balance",
    "off",
  ];
  const mesh = await startLocalMesh(devices, model, options, {
    patience: COMPILE_MILLISECONDS,
  });
  return {
    answer: (request, onToken) => answer(mesh, request, onToken),
    predict: (expected) => predict(mesh, expected),
    [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose](),
  };
}

async function answer(
  mesh: LocalMesh,
  { prompt, tokens, temperature, through = 0 }: Request,
  onToken: (count: number) => void = () => {},
): Promise<Answer> {
  const sent = performance.now();
  const response = await fetch(
    `${mesh.api(through % mesh.daemons.length)}/v1/completions`,
    {
      method: "POST",
      body: JSON.stringify({
        prompt,
        max_tokens: tokens,
        stream: true,
        ...temperature === undefined ? {} : { temperature },
      }),
    },
  );
  if (!response.ok) throw new Error(await response.text());
  const arrivals: number[] = [];
  for await (
    const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []
  ) {
    // A line a token.
    for (const _ of text.matchAll(/"finish_reason":null/g)) {
      onToken(arrivals.push(performance.now()));
    }
  }
  return { sent, arrivals };
}

/** What the planner says of the plan in force, were so many requests under way. */
async function predict(
  mesh: LocalMesh,
  { load, promptTokens, tokens }: Expected,
): Promise<number | undefined> {
  const changes = [
    `load=${load}`,
    `prompt=${promptTokens}`,
    `output=${tokens}`,
  ];
  const response = await fetch(`${mesh.api(0)}/skein/study`, {
    method: "POST",
    body: JSON.stringify({ changes }),
  });
  const { changed } = await response.json() as SolveAnswer;
  return changed !== undefined && "current" in changed ? changed.current?.tokensPerSecond : undefined;
}
