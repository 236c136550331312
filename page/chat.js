/** A conversation with the model. */
import { useAnswering } from "./answering.js";
import { begin, keep, load, titleOf } from "./conversations.js";
import { Composer } from "./composer.js";
import { Message } from "./message.js";
import { Settings } from "./settings.js";
import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";

const WELCOME = "Ask something. Conversations stay in this browser; prompts go to your own devices only.";

/** The chat with the mesh's models: with `model`, by its id, unless the conversation says another one. */
export function Chat({ model, models }) {
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
      <${Settings} conversation=${now} models=${models} onChange=${(part) => change(now.id, part)} />
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
