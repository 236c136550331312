/** Who asks: each client has a name of its own for the line, and the daemon keeps few of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientNames } from "../../../actors/gateway/client-names.ts";
import { apiScene } from "./api-scene.ts";
import { planAt } from "./scene.ts";
import { simulatedMesh } from "../mesh/simulated-mesh.ts";

const headers = (key: string, program: string) =>
  new Headers({ authorization: `Bearer ${key}`, "user-agent": program });

test("another address, key, program or user is another client; the same one keeps its name", () => {
  const names = new ClientNames();
  const callers = [
    { headers: headers("a", "curl"), address: "127.0.0.1", body: {} },
    { headers: headers("a", "curl"), address: "10.0.0.7", body: {} },
    { headers: headers("b", "curl"), address: "127.0.0.1", body: {} },
    { headers: headers("a", "chat"), address: "127.0.0.1", body: {} },
    { headers: headers("a", "curl"), address: "127.0.0.1", body: { user: "ann" } },
    { headers: headers("a", "curl"), address: "127.0.0.1", body: { safety_identifier: "bob", user: "ann" } },
    { headers: new Headers(), body: "no object" },
  ];
  const all = callers.map((caller) => names.of(caller));
  assert.equal(new Set(all).size, callers.length);
  assert.deepEqual(callers.map((caller) => names.of(caller)), all);
});

test("a name tells nothing of its client, has a bounded length, and is forgotten where many others have asked since", () => {
  const names = new ClientNames();
  const [early, late] = ["early", "late"].map((key) => ({ headers: headers(key, "x".repeat(9000)), body: {} })) as [
    { headers: Headers; body: object },
    { headers: Headers; body: object },
  ];
  const [first, kept] = [names.of(early), names.of(late)];
  assert.ok(first.length <= 64);
  assert.notEqual(new ClientNames().of(early), first, "another daemon has another name for it");
  for (let other = 0; other < 1023; other++) {
    names.of({ headers: headers(`${other}`, ""), body: {} });
    assert.equal(names.of(late), kept);
  }
  assert.notEqual(names.of(early), first);
});

test("the API tells whoever answers a prompt which client asks", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const ask = async (program: string) => {
    await api.request("/v1/completions", { prompt: "Hello" }, { headers: { "user-agent": program } });
    return api.stage.last.message.request.client;
  };
  const [one, other, again] = [await ask("curl"), await ask("chat"), await ask("curl")];
  assert.ok(one !== undefined && other !== undefined);
  assert.notEqual(one, other);
  assert.equal(again, one);
});

test("a client with many prompts waiting does not keep another one of the same gateway from its turn", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 4, policy: { concurrency: 1 } });
  const greedy = Array.from({ length: 8 }, (_, which) => mesh.ask("b", `Greedy ${which}`, 8, { client: "greedy" }));
  await mesh.until(() => greedy.some(({ events }) => events.length > 0));
  const modest = mesh.ask("b", "Modest", 8, { client: "modest" });
  await mesh.until(() => modest.over);
  assert.equal(modest.text, mesh.expected("Modest", 8));
  assert.ok(
    greedy.filter(({ over }) => over).length <= 3,
    `${greedy.filter(({ over }) => over).length} of the others went first`,
  );
  await mesh.until(() => greedy.every(({ over }) => over));
});
