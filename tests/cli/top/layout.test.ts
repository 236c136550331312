/** The screen of skein top at the sizes that terminals have. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { layout, shares, textOf } from "../../../cli/top/layout.ts";
import { asciiOf, paintLine, repaint } from "../../../cli/top/paint.ts";
import { learn } from "../../../cli/top/state.ts";
import { looksOf } from "../../../cli/top/terminal.ts";
import { widthOf } from "../../../cli/top/text.ts";
import { firstView, type Mode, PANELS, type View } from "../../../cli/top/view.ts";
import { answer, happened, knownOf, looked, NOON } from "./scene.ts";

const NAMES = ["laptop", "desktop", "board"];
const known = knownOf(
  looked(0),
  { type: "measured", measured: { answers: 2, ttftMilliseconds: 200, tpotMilliseconds: 52 } },
  answer(0.2, "0123456789ab", { stage: "began" }),
  answer(0.4, "0123456789ab", { stage: "reading", promptTokens: 512, route: ["laptop", "desktop"] }),
  answer(0.6, "0123456789ab", { stage: "writing", ttftMilliseconds: 210 }),
  looked(1, { seconds: 61, handled: 1100 }),
  answer(1.6, "0123456789ab", { stage: "going", tokens: 21 }),
  looked(2, { seconds: 62, handled: 1210 }),
  happened(2.1, { type: "peer", text: "board is here", device: "board", name: "board" }),
);

function shown(columns: number, rows: number, view: Partial<View> = {}, of = known): string {
  return textOf(layout(of, { ...firstView, ...view }, { columns, rows })).join("\n");
}

test("at every size each row is just as wide as the terminal, and there are as many as it has", () => {
  const modes: readonly Mode[] = [
    { type: "browse" },
    { type: "help" },
    { type: "filter", text: "b" },
    { type: "invite", said: { type: "said", text: "paste this:\nskein2-abc\n█▀▄\n".repeat(9) } },
    { type: "ask", prompt: "日本語", said: { type: "nothing" } },
    {
      type: "what-if",
      device: "board",
      name: "board",
      said: { type: "failed", text: "No leader. ".repeat(30) },
      scroll: 0,
    },
  ];
  const wide = knownOf(looked(0, { names: ["ノートパソコン", "👩‍💻 desk", "e\u0301tage"] }));
  const size = fc.tuple(fc.integer({ min: 1, max: 240 }), fc.integer({ min: 1, max: 70 }));
  const view = fc.tuple(fc.constantFrom(...modes), fc.constantFrom(...PANELS), fc.constantFrom(known, wide));
  fc.assert(
    fc.property(size, view, ([columns, rows], [mode, panel, of]) => {
      const lines = textOf(layout(of, { ...firstView, mode, panel }, { columns, rows }));
      assert.equal(lines.length, rows);
      for (const line of lines) assert.equal(widthOf(line), columns, JSON.stringify(line));
    }),
    { numRuns: 200 },
  );
});

test("a large screen shows everything", () => {
  const text = shown(200, 60);
  for (
    const words of [
      /skein top {2}story {3}plan 1\.1 planned, exact {3}52 ms a token \(50 ms predicted\) {3}3 devices .* 12:00:02 {2}live/,
      /laptop ★ 0-1 ──2 ms──▶ desktop 2-3 ─┐/,
      /▲ 24 ms +▲ 24 ms +◀┘/,
      /bottleneck: laptop/,
      /▸ laptop ★ +0-1 +1G\/4G +██░░░░ +50% +0\.5 +24 +40 +11k\/22k +62 s {2}computing/,
      /01234567 {2}laptop +story +512 +21 +20 +210 ms {2}laptop>desktop +writes/,
      / {4}executor-1 \[0-1\] +running +0\/1024 +110 +0\.5 +1\.5 +62 s {2}0/,
      /12:00:02 board +board is here/,
    ]
  ) assert.match(text, words);
});

test("where there are few columns what matters less is left out, and where there are few rows panels are", () => {
  const [middle, small] = [shown(100, 30), shown(80, 24)];
  for (const text of [middle, small]) {
    assert.match(text, /laptop ★ 0-1 ──2 ms──▶ desktop 2-3/);
    assert.match(text, /MS\/TOKEN .*STATE/);
    assert.match(text, /q quit/);
  }
  assert.match(middle, /─ answers ─/);
  assert.match(middle, /─ actors of laptop ─/);
  assert.doesNotMatch(small, /SINCE|answers ─|actors of/);
  assert.match(shown(80, 24, { panel: "actors" }), /─ ▸ actors of laptop ─/);
  assert.match(shown(30, 8), /skein top needs 40 x 10/);
});

test("without plan, without daemon and before anything is known the screen says so", () => {
  assert.match(shown(80, 24, {}, knownOf()), /…/);
  const lost = learn(known, { type: "lost", now: NOON + 9000, reason: "No daemon answers at http://127.0.0.1:11411." });
  const text = shown(80, 24, {}, learn(lost, { type: "lost", now: NOON + 12_000, reason: "No daemon answers." }));
  assert.match(text, /LOST for 3 s/);
  assert.match(text, /No daemon answers\. Shown is what was known before\./);
  assert.match(shown(80, 24, { paused: true }), /paused/);
});

test("half a QR code is not drawn: the invite's text is, and that the window is too small", () => {
  const mode: Mode = { type: "invite", said: { type: "said", text: `paste this:\nskein2-abc\n${"█▀▄\n".repeat(30)}` } };
  assert.match(shown(80, 24, { mode }), /skein2-abc[^█]*too small for its QR code/);
  assert.match(shown(80, 40, { mode }), /█▀▄/);
});

test("nothing that a device says reaches the terminal as a command", () => {
  const evil = "\x1b[2J\x1b]0;title\x07\u202egnp.exe\nnext";
  const of = knownOf(looked(0, { names: [evil, "desktop"] }), happened(1, { text: evil, name: evil }));
  const text = shown(120, 40, {}, of);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(text.replaceAll("\n", ""), /[\x00-\x1f\x7f-\x9f\u202e]/);
});

test("without colours the same words are shown; without Unicode the same columns are taken", () => {
  const lines = layout(known, { ...firstView, mode: { type: "help" } }, { columns: 100, rows: 30 });
  const plain = lines.map((line) => paintLine(line, { colours: false, unicode: true }));
  assert.deepEqual(plain, textOf(lines));
  for (const line of [...lines, ...layout(known, firstView, { columns: 100, rows: 40 })]) {
    const ascii = paintLine(line, { colours: false, unicode: false });
    assert.match(ascii, /^[\x20-\x7e]*$/);
    assert.doesNotMatch(ascii, /\?{2}/);
    assert.equal(ascii.length, 100);
  }
  assert.equal(asciiOf("日本 ★"), "???? *");
});

test("colours and letters are what the environment says", () => {
  const looks = (env: Record<string, string>) => looksOf(env, "linux");
  assert.deepEqual(looks({ LANG: "de_DE.UTF-8" }), { colours: true, unicode: true });
  assert.deepEqual(looks({ LANG: "en_US.UTF-8", LC_ALL: "C", NO_COLOR: "1" }), { colours: false, unicode: false });
  assert.deepEqual(looks({ TERM: "dumb" }), { colours: false, unicode: false });
});

test("only lines that have changed are written", () => {
  const [first, second] = [["one", "two", "three"], ["one", "2", "three"]];
  assert.equal(repaint(first, first), "");
  assert.ok(repaint(first, second).includes("2") && !repaint(first, second).includes("three"));
  assert.equal(repaint([], first).match(/one|two|three/g)?.length, 3);
});

test("lines are divided by weight, and nobody gets more than it wants", () => {
  assert.deepEqual(shares(10, [{ wants: 3, weight: 1 }, { wants: 20, weight: 1 }]), [3, 7]);
  assert.deepEqual(shares(10, [{ wants: 20, weight: 3 }, { wants: 20, weight: 1 }]), [7, 3]);
  assert.deepEqual(shares(-1, [{ wants: 3, weight: 1 }]), [0]);
});

test("every device has a name to be told by, however many there are", () => {
  const names = Array.from({ length: 12 }, (_, index) => `device-${index}`);
  assert.match(shown(80, 24, {}, knownOf(looked(0, { names }))), /more\)/);
  assert.ok(NAMES.every((name) => shown(80, 24).includes(name)));
});
