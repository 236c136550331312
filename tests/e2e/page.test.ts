/** The page in a browser: a chat, the mesh, small screens, the dark, and that it speaks to its daemon alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { browserPath, lookAt } from "./browser.ts";
import { startLocalMesh } from "./local-mesh.ts";

const skip = browserPath === undefined ? "no Chromium on this machine (SKEIN_CHROMIUM says where one is)" : false;

test("a chat runs to its end, is stopped, edited, answered again, and is there after a reload", { skip }, async () => {
  await using mesh = await startLocalMesh(1, builtinModelPath());
  await using looking = await lookAt(mesh.api(0));
  const { page, complaints } = looking;
  const say = async (text: string) => {
    await page.getByLabel("Prompt").fill(text);
    await page.getByRole("button", { name: "Send", exact: true }).click();
  };
  const answers = page.locator(".answer");
  await say("Tell me a story about a fox.");
  await answers.getByText(/first token after .* tokens, .*; d0 0–7/).waitFor();
  await page.getByRole("button", { name: "Regenerate" }).click();
  await answers.getByText(/first token after/).waitFor();
  assert.equal(await answers.count(), 1);
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Edit what you said").fill("Tell me a story about a goat.");
  await page.getByRole("button", { name: "Send again" }).click();
  await answers.getByText(/first token after/).waitFor();
  assert.equal(await page.locator(".said").textContent(), "Tell me a story about a goat.");
  // The answer is held back by the browser, so that there is something to stop.
  await page.route("**/v1/chat/completions", () => {});
  await say("And then?");
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await answers.last().getByText("stopped").waitFor();
  await page.reload();
  assert.equal(await answers.count(), 2, "conversations are kept in the browser");
  assert.deepEqual(complaints, []);
});

test("what a model writes is Markdown, and none of it runs, loads or submits", { skip }, async () => {
  await using mesh = await startLocalMesh(1, builtinModelPath());
  await using looking = await lookAt(mesh.api(0));
  const { page, complaints } = looking;
  const hostile = "# Title\n**bold** <img src=x onerror=alert(1)><script>alert(2)</script><form><input></form>" +
    "![d](https://example.org/d.png) [a](javascript:alert(3)) [b](https://example.org) <b style='position:fixed' id=page onclick=alert(4)>c</b>";
  const chunk = JSON.stringify({ choices: [{ delta: { content: hostile }, finish_reason: null }] });
  await page.route(
    "**/v1/chat/completions",
    (route) => route.fulfill({ contentType: "text/event-stream", body: `data: ${chunk}\n\ndata: [DONE]\n\n` }),
  );
  await page.getByLabel("Prompt").fill("Hello");
  await page.keyboard.press("Enter");
  await page.locator(".markdown h1").waitFor();
  const found = await page.locator(".markdown").evaluate((element) => ({
    forbidden: element.querySelectorAll("img, script, form, input, [style], [id], [onclick]").length,
    links: [...element.querySelectorAll("a")].map((link) => [link.getAttribute("href"), link.rel]),
  }));
  assert.deepEqual(found, {
    forbidden: 0,
    links: [[null, "noopener noreferrer"], ["https://example.org", "noopener noreferrer"]],
  });
  assert.deepEqual(complaints, []);
});

test("the mesh: what if a device leaves, a border moved and pinned, back to automatic; where a token's time went", {
  skip,
}, async () => {
  await using mesh = await startLocalMesh(3, builtinModelPath());
  await mesh.split([3, 2, 3]);
  await using looking = await lookAt(mesh.api(0));
  const { page, complaints } = looking;
  const devices = page.locator(".path .device");
  await devices.nth(2).waitFor();
  await devices.nth(1).getByRole("button", { name: /What if it leaves/ }).click();
  await page.getByText(/^Without d1: .* a token rather than .*; d\d/).waitFor();
  const border = page.getByRole("slider", { name: /d0 \| d1/ });
  await border.focus();
  await page.keyboard.press("ArrowLeft");
  await page.getByText(/^With this split: .*; d0 0–1 → d1 2–4 → d2 5–7\.$/).waitFor();
  await page.getByRole("button", { name: "Pin this split" }).click();
  await devices.first().getByText("blocks 0–1", { exact: false }).waitFor();
  await fetch(`${mesh.api(0)}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({ prompt: "Hi", max_tokens: 8 }),
  })
    .then((response) => response.text());
  await page.getByRole("button", { name: /tokens in/ }).click();
  await page.locator(".trace svg").waitFor();
  await page.getByLabel("Filter events").fill("no such event");
  await page.getByText("Nothing yet.").waitFor();
  await page.getByRole("button", { name: "Back to automatic" }).click();
  await mesh.until(({ state }) => state.type === "active" && state.plan.planner !== "pinned");
  assert.deepEqual(await looking.violations(), []);
  assert.deepEqual(complaints, []);
});

test("at 360 px the parts are tabs; in the dark and in the light axe finds nothing", { skip }, async () => {
  await using mesh = await startLocalMesh(1, builtinModelPath());
  await using looking = await lookAt(mesh.api(0), 1440);
  const { page, complaints } = looking;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 1440, height: 900 });
    assert.deepEqual(await looking.violations(), [], `wide, ${colorScheme}`);
    await page.setViewportSize({ width: 360, height: 740 });
    for (const tab of ["Mesh", "Events", "Connect", "Chat"]) {
      await page.locator("nav").getByRole("button", { name: tab }).click();
      assert.equal(await page.locator(".panel:visible").count(), 1);
      assert.equal(await page.locator("html").evaluate(({ scrollWidth }) => scrollWidth), 360);
      assert.deepEqual(await looking.violations(), [], `${tab}, ${colorScheme}`);
    }
  }
  await page.getByRole("button", { name: "+ device" }).click();
  await page.getByText("skein invite", { exact: true }).waitFor();
  const field = page.getByLabel("To show the invite as a QR code");
  await field.fill("hello");
  await page.getByText("This is not an invite").waitFor();
  await field.fill(`skein2-${"abcdefgh".repeat(30)}`);
  await page.getByRole("img", { name: "The invite as a QR code" }).waitFor();
  assert.deepEqual(await looking.violations(), []);
  await page.keyboard.press("Escape");
  await page.getByText("skein invite", { exact: true }).waitFor({ state: "hidden" });
  assert.deepEqual(complaints, []);
});

test("a device that is lost leaves the picture, and is there again when it has come back", { skip }, async () => {
  await using mesh = await startLocalMesh(2, builtinModelPath(), [], { holders: [0, 1] });
  await using looking = await lookAt(mesh.api(0));
  const { page } = looking;
  const devices = page.locator(".path .device");
  await devices.nth(1).waitFor();
  mesh.signal(1, "SIGKILL");
  await devices.nth(1).waitFor({ state: "detached" });
  await mesh.restart(1);
  await devices.nth(1).waitFor();
  assert.deepEqual(looking.complaints, []);
});
