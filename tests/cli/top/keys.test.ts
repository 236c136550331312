/** What keys do in skein top. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { press } from "../../../cli/top/keys.ts";
import { moveBorder } from "../../../cli/top/parts.ts";
import { sentenceOf, splitChange } from "../../../cli/top/study.ts";
import { learn } from "../../../cli/top/state.ts";
import { type Key, keysOf } from "../../../cli/top/terminal.ts";
import { anew, firstView, type Mode, shownOf, type View } from "../../../cli/top/view.ts";
import type { Wish } from "../../../cli/top/wish.ts";
import { answer, happened, inspection, knownOf, looked } from "./scene.ts";

const known = knownOf(
  looked(0),
  looked(1, { seconds: 61 }),
  answer(1, "0123456789ab", { stage: "began" }),
  ...Array.from({ length: 30 }, (_, index) => happened(2 + index, { text: `event ${index}` })),
);

/** Keys by name, or as typed; what is seen after them, and the last thing that was wished. */
function after(
  keys: readonly string[],
  begin: View = firstView,
): { readonly view: View; readonly wish: Wish | undefined } {
  let view = begin;
  let wish: Wish | undefined;
  for (const key of keys) {
    const ctrl = key.startsWith("^");
    const name = (ctrl ? key.slice(1) : key).toLowerCase();
    const text = [...key].length === 1 ? key : "";
    const pressed: Key = { name, text, ctrl, shift: key === "G" || key === "backtab" };
    ({ view, wish } = {
      wish: undefined,
      ...press(known, view, name === "backtab" ? { ...pressed, name: "tab" } : pressed),
    });
  }
  return { view, wish };
}

test("Tab goes round the panels, Shift-Tab back, and the arrows go to the panel that has the mark", () => {
  const panels = [1, 2, 3, 4].map((times) => after(Array<string>(times).fill("tab")).view.panel);
  assert.deepEqual(panels, ["answers", "actors", "events", "devices"]);
  assert.equal(after(["backtab"]).view.panel, "events");
  const { view } = after(["down", "tab", "tab", "down"]);
  assert.deepEqual([view.device, view.actor], ["desktop", "/supervisor/executor-1"]);
  assert.equal(after(["down", "down", "down", "down", "up"]).view.device, "desktop");
  assert.equal(shownOf(known, view).actors.length, 3);
});

test("events are scrolled back and followed again", () => {
  const begin: View = { ...firstView, panel: "events" };
  assert.equal(after(["up", "up"], begin).view.back, 2);
  assert.equal(after(["g"], begin).view.back, 30);
  assert.equal(after(["pageup", "f"], begin).view.back, 0);
  assert.equal(after(["g", "G"], begin).view.back, 0);
});

test("q and Ctrl-C leave, but a q that is typed does not", () => {
  assert.deepEqual(after(["q"]).wish, { type: "quit" });
  assert.deepEqual(after(["/", "q", "^c"]).wish, { type: "quit" });
  const typed = after(["/", "q", "x", "backspace", "return"]);
  assert.deepEqual([typed.wish, typed.view.filter, typed.view.mode.type], [undefined, "q", "browse"]);
  assert.equal(after(["escape"], typed.view).view.filter, "");
});

test("Enter looks closer: at a device's actors, then at one actor's messages; Esc goes back to all events", () => {
  assert.equal(after(["return"]).view.panel, "actors");
  const { view } = after(["down", "return", "down", "return"]);
  assert.deepEqual(view.closer, { device: "desktop", name: "desktop", path: "/supervisor/executor-1" });
  assert.equal(after(["escape"], view).view.closer, undefined);
  assert.deepEqual(after(["t"]).view.closer, { device: "laptop", name: "laptop" });
  assert.equal(after(["t", "t"]).view.closer, undefined);
});

test("s sorts the panel that has the mark, space pauses and goes on", () => {
  assert.equal(after(["s"]).view.deviceOrder, "name");
  assert.equal(after(["tab", "tab", "s", "s"]).view.actorOrder, "messages");
  assert.deepEqual([after(["space", " "]).view.paused, after([" ", " "]).view.paused], [true, false]);
});

test("w asks what if the chosen device left", () => {
  const { view, wish } = after(["down", "w"]);
  assert.deepEqual(wish, { type: "wonder", device: "desktop", name: "desktop" });
  assert.equal(view.mode.type, "what-if");
  assert.deepEqual(after(["escape"], view).wish, { type: "drop" });
});

test("a border moves a block at a time, is studied at once and pinned by Enter alone", () => {
  const moved = after(["p", "right"]);
  const parts = [
    { device: "laptop", name: "laptop", blocks: 3 },
    { device: "desktop", name: "desktop", blocks: 1 },
  ];
  assert.deepEqual(moved.wish, { type: "study", parts });
  assert.equal(splitChange(parts), "split:laptop=3,desktop=1");
  assert.deepEqual(after(["return"], moved.view).wish, { type: "pin", parts });
  assert.equal(after(["right"], moved.view).wish, undefined, "each device keeps a block");
  assert.equal(after(["p", "return"]).wish, undefined, "what is so already is not pinned");
  assert.equal(after(["b"], moved.view).wish, undefined, "the plan is automatic already");
  assert.deepEqual(after(["u"], moved.view).wish, { type: "drop" });
  assert.deepEqual(moveBorder(parts, 7, 1), parts);
});

test("borders that are moved begin anew where there is another plan", () => {
  const { view } = after(["p", "right"]);
  assert.equal(view.mode.type, "borders");
  const same = knownOf(looked(2));
  assert.equal(anew(view, known, same), view);
  const pinned = inspection();
  const models = pinned.models.map((model) =>
    model.type === "active" ? { ...model, plan: { ...model.plan, number: { term: 1, epoch: 9 } } } : model
  );
  const other = learn(known, { type: "looked", now: 0, look: { at: 9000, inspection: { ...pinned, models } } });
  const { mode } = anew(view, known, other);
  assert.deepEqual(mode.type === "borders" && mode.parts.map(({ blocks }) => blocks), [2, 2]);
});

test("Escape that is followed at once is Escape all the same, and not a key with Alt", () => {
  const names = (text: string | undefined, keypress: object) =>
    keysOf(text, keypress).map(({ name, text }) => [name, text]);
  assert.deepEqual(names(undefined, { name: "w", sequence: "\x1bw", meta: true }), [["escape", ""], ["w", "w"]]);
  assert.deepEqual(names(undefined, { name: "escape", sequence: "\x1b", meta: true }), [["escape", ""]]);
  assert.deepEqual(names("日", { sequence: "日" }), [["日", "日"]]);
});

test("an invite is asked for only once that is confirmed, and forgotten when one goes back", () => {
  const asked = after(["i"]);
  assert.equal(asked.wish, undefined);
  const shown = after(["return"], asked.view);
  assert.deepEqual(shown.wish, { type: "invite" });
  assert.deepEqual(after(["escape"], shown.view).view.mode, { type: "browse" } satisfies Mode);
});

test("a prompt is typed, in any letters, and asked by Enter", () => {
  assert.deepEqual(after(["a", ..."Hé, q 日?", "return"]).wish, { type: "ask", prompt: "Hé, q 日?" });
  assert.equal(after(["a", "return"]).wish, undefined);
  assert.deepEqual(after(["a", "x", "^u", "y", "return"]).wish, { type: "ask", prompt: "y" });
});

test("without anything known no key fails", () => {
  const nothing = knownOf();
  for (const name of ["up", "down", "tab", "return", "w", "p", "s", "t", "m", "g", "pagedown"]) {
    for (const panel of ["devices", "answers", "actors", "events"] as const) {
      press(nothing, { ...firstView, panel }, { name, text: name.length === 1 ? name : "", ctrl: false, shift: false });
    }
  }
});

const none = { type: "infeasible", reason: "", refusals: [] } as const;

test("what the leader says of a change is a sentence", () => {
  assert.equal(
    sentenceOf({ outcome: none, changed: { invalid: "There is no board." } }, "Without board"),
    "There is no board.",
  );
  const changed = { outcome: { ...none, reason: "too little memory" } };
  assert.equal(
    sentenceOf({ outcome: none, changed }, "Without board"),
    "Without board there is no plan: too little memory",
  );
});
