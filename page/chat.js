/** A conversation with the model. */
import { chunks, post } from "./api.js";
import { begin, keep, load, messagesOf, titleOf } from "./conversations.js";
import { Composer } from "./composer.js";
import { Message } from "./message.js";
import { tokensCame } from "./tokens.js";
import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";

/** How often a growing answer is drawn, milliseconds. */
const DRAW_MILLISECONDS = 80;
const WELCOME = "Ask something. Conversations stay in this browser; prompts go to your own devices only.";

/** The chat with one of the mesh's models. */
export function Chat({ model }) {
  const { all, now, open, remove, change } = useConversations();
  const answering = useAnswering();
  const log = useRef(null);
  const last = now.turns.length - 1;
  useEffect(() => {
    // Who has scrolled up wants to read there.
    const { scrollTop, scrollHeight, clientHeight } = log.current;
    if (scrollHeight - scrollTop - clientHeight < 160) log.current.scrollTop = scrollHeight;
  }, [now]);
  const answer = (turns) => answering.start({ ...now, turns }, model, (turns) => change(now.id, { turns }));
  const say = (content, before = now.turns) => answer([...before, { role: "user", content }]);
  const first = (act) => (one) => (answering.stop(), act(one));
  const idle = !answering.on;
  return html`
    <div class="chat">
      <${Choice} all=${all} now=${now} onOpen=${first(open)} onDelete=${first(remove)} />
      <details class="system">
        <summary>Instructions for the model</summary>
        <textarea aria-label="Instructions for the model" rows="3" value=${now.system}
          placeholder="such as: Answer in one sentence."
          onInput=${(event) => change(now.id, { system: event.target.value })}></textarea>
      </details>
      <div class="log" role="log" aria-label="Conversation" tabindex="0" ref=${log}>
        ${now.turns.length === 0 && html`<p class="faint">${WELCOME}</p>`}
        ${now.turns.map((turn, at) =>
          html`
            <${Message} key=${at} turn=${turn} writing=${answering.on && at === last}
              onEdit=${idle && turn.role === "user" && ((text) => say(text, now.turns.slice(0, at)))}
              onAgain=${idle && turn.role === "assistant" && at === last && (() => answer(now.turns.slice(0, at)))} />
          `
        )}
      </div>
      <${Composer} busy=${answering.on} ready=${model !== undefined} onSay=${say} onStop=${answering.stop} />
    </div>
  `;
}

/** All conversations, the one that is open, and what is done with them. What is changed is kept. */
function useConversations() {
  const [all, setAll] = useState(load);
  const [id, setId] = useState(all[0].id);
  const now = all.find((one) => one.id === id) ?? all[0];
  return {
    all,
    now,
    open(next) {
      if (!all.includes(next)) setAll([next, ...all.filter(({ turns }) => turns.length > 0)]);
      setId(next.id);
    },
    remove() {
      const others = all.filter((one) => one !== now);
      const left = others.length > 0 ? others : [begin()];
      keep(left);
      setAll(left);
      setId(left[0].id);
    },
    /** Changes one, which is the latest then. One that was deleted meanwhile stays so. */
    change: (id, part) =>
      setAll((all) => {
        const before = all.find((one) => one.id === id);
        if (before === undefined) return all;
        const next = [{ ...before, ...part }, ...all.filter((one) => one !== before)];
        keep(next);
        return next;
      }),
  };
}

/** Which conversation is open, a new one, and an end to this one. */
function Choice({ all, now, onOpen, onDelete }) {
  const choose = ({ target }) => onOpen(all.find(({ id }) => id === target.value) ?? now);
  return html`
    <div class="bar">
      <select aria-label="Conversation" value=${now.id} onChange=${choose}>
        ${all.map((one) => html`<option key=${one.id} value=${one.id}>${titleOf(one)}</option>`)}
      </select>
      <button class="quiet" onClick=${() => onOpen(begin())}>New</button>
      <button class="quiet" disabled=${now.turns.length === 0} onClick=${onDelete}>Delete</button>
    </div>
  `;
}

/** The answer that is being written, if any. */
function useAnswering() {
  const [on, setOn] = useState(false);
  const running = useRef(undefined);
  const stop = () => running.current?.abort();
  useEffect(() => stop, []);
  return {
    on,
    stop,
    async start(conversation, model, onTurns) {
      stop();
      const mine = running.current = new AbortController();
      setOn(true);
      await write(conversation, model, onTurns, mine.signal);
      if (running.current !== mine) return;
      running.current = undefined;
      setOn(false);
    },
  };
}

/** Asks, and calls `onTurns` with all that was said as the answer grows. Whatever goes wrong is told within it. */
async function write(conversation, model, onTurns, signal) {
  let turn = { role: "assistant", content: "" };
  let drawn = 0;
  const draw = (more) => {
    turn = { ...turn, ...more };
    drawn = performance.now();
    onTurns([...conversation.turns, turn]);
  };
  draw({});
  let content = "";
  try {
    const body = { ...(model === undefined ? {} : { model }), stream: true, messages: messagesOf(conversation) };
    for await (const chunk of chunks(await post("/v1/chat/completions", body, signal))) {
      const text = chunk.choices?.[0]?.delta?.content ?? "";
      content += text;
      if (text !== "") tokensCame(model);
      if (chunk.skein !== undefined) draw({ content, details: chunk.skein });
      else if (performance.now() - drawn > DRAW_MILLISECONDS) draw({ content });
    }
    draw({ content });
  } catch (error) {
    draw(signal.aborted ? { content, stopped: true } : { content, error: error.message });
  }
}
