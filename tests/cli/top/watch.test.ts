/** Watching a daemon that is there, falls silent, is gone and comes back. */
import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import { test } from "node:test";
import type { News } from "../../../cli/top/state.ts";
import { type Times, watch } from "../../../cli/top/watch.ts";
import { inspection } from "./scene.ts";

/** A clock on which a second is a few milliseconds. */
const FASTER = 100;
const times: Times = {
  now: () => Date.now(),
  ticks: () => performance.now() * FASTER,
  rest: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = setTimeout(resolve, milliseconds / FASTER);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    }),
};

interface FakeDaemon extends AsyncDisposable {
  readonly api: string;
  /** How often each path was asked for. */
  readonly asked: Map<string, number>;
}

type Answer = (path: string, response: ServerResponse) => void;

async function daemon(answer: Answer): Promise<FakeDaemon> {
  const asked = new Map<string, number>();
  const server = createServer(({ url = "" }, response) => {
    const path = url.split("?")[0] ?? "";
    asked.set(path, (asked.get(path) ?? 0) + 1);
    answer(path, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a server has a port");
  return {
    api: `http://127.0.0.1:${address.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a daemon answers; its stream of events tells these lines and stays open. */
function healthy(...lines: readonly string[]): Answer {
  return (path, response) => {
    const { devices: _, ...summary } = inspection();
    if (path === "/skein/inspect") response.end(JSON.stringify(inspection()));
    else if (path === "/skein/plan") response.end(JSON.stringify(summary));
    else response.write(lines.map((line) => `${line}\n`).join(""));
  };
}

/** Watches until the news are what is waited for. */
async function watching(
  find: () => Promise<string>,
  enough: (news: readonly News[]) => boolean,
  paused?: () => boolean,
): Promise<readonly News[]> {
  const [news, ending]: [News[], AbortController] = [[], new AbortController()];
  const deadline = setTimeout(() => ending.abort(), 20_000);
  await watch({
    find,
    signal: ending.signal,
    times,
    past: 5,
    onNews(more) {
      news.push(more);
      if (enough(news)) ending.abort();
    },
    ...(paused === undefined ? {} : { paused }),
  });
  clearTimeout(deadline);
  assert.ok(enough(news), `the news are ${JSON.stringify(news.map(({ type }) => type))}`);
  return news;
}

const count = (news: readonly News[], type: News["type"]) => news.filter((one) => one.type === type).length;

test("the mesh is looked at again and again, the plan's figures more seldom, and events as they come", async () => {
  const line = { at: 1, device: "laptop", name: "laptop", type: "plan", text: "plan 1.1" };
  await using there = await daemon(healthy("", "{", '{"type":7}', JSON.stringify(line)));
  const enough = (news: readonly News[]) => count(news, "looked") >= 7 && count(news, "happened") > 0;
  const news = await watching(() => Promise.resolve(there.api), enough);
  assert.equal(count(news, "measured"), Math.ceil(count(news, "looked") / 5));
  assert.ok(news.every((one) => one.type !== "happened" || "text" in one.line), "what is no event is left out");
});

test("a stream of events that has fallen silent is opened again", async () => {
  await using there = await daemon(healthy());
  await watching(() => Promise.resolve(there.api), () => (there.asked.get("/skein/events") ?? 0) >= 2);
});

test("a daemon that is gone is told of, searched for, and looked at where it is found", async () => {
  let first: FakeDaemon | undefined = await daemon(healthy());
  await using second = await daemon(healthy());
  const find = () => Promise.resolve(first?.api ?? second.api);
  const found: string[] = [];
  await watching(find, (news) => {
    const last = news.at(-1);
    if (last?.type === "found") found.push(last.api);
    if (count(news, "looked") === 2 && first !== undefined) {
      void first[Symbol.asyncDispose]();
      first = undefined;
    }
    return count(news, "lost") > 0 && last?.type === "looked";
  });
  assert.equal(found.at(-1), second.api);
});

test("where no daemon is, and where one is of another version, the reason is told", async () => {
  await using old = await daemon((_, response) => response.end("{}"));
  const reasons = async (find: () => Promise<string>) => {
    const news = await watching(find, (news) => count(news, "lost") > 1);
    return news.flatMap((one) => one.type === "lost" ? [one.reason] : []);
  };
  assert.match((await reasons(() => Promise.reject(new Error("No daemon runs."))))[0] ?? "", /No daemon runs\./);
  assert.match((await reasons(() => Promise.resolve(old.api)))[0] ?? "", /another version/);
});

test("while it is paused nothing is asked but the events that are open", async () => {
  await using there = await daemon(healthy());
  const looks: number[] = [];
  let paused = false;
  const note = () => void looks.push(there.asked.get("/skein/inspect") ?? 0);
  await watching(() => Promise.resolve(there.api), (news) => {
    if (count(news, "looked") === 2 && !paused) {
      paused = true;
      note();
      // Some twenty looks' time.
      setTimeout(() => (note(), paused = false), 200);
    }
    return count(news, "looked") >= 3;
  }, () => paused);
  assert.deepEqual(looks, [2, 2]);
});
