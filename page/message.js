/** One thing that was said, with what can be done about it. */
import { readingOf, tookOf } from "./format.js";
import { Markdown } from "./markdown.js";
import { html, useState } from "./vendor/htm-preact.js";

/** Shows a turn. `onEdit(text)`: say this instead; `onAgain`: answer once more; absent where that cannot be. */
export function Message({ turn, writing, onEdit, onAgain }) {
  const [draft, setDraft] = useState(undefined);
  const mine = turn.role === "user";
  if (draft !== undefined) {
    const say = (event) => {
      event.preventDefault();
      setDraft(undefined);
      onEdit(draft);
    };
    return html`
      <form class="message mine" onSubmit=${say}>
        <textarea aria-label="Edit what you said" rows="4" value=${draft} onInput=${(event) =>
          setDraft(event.target.value)}></textarea>
        <div class="doing"><button>Send again</button>
              <button type="button" class="quiet" onClick=${() => setDraft(undefined)}>Cancel</button></div>
      </form>
    `;
  }
  return html`<article class=${`message ${mine ? "mine" : "answer"}`} aria-busy=${writing ? "true" : "false"}>
    <h3 class="unseen">${mine ? "You" : "Answer"}</h3>
    ${mine ? html`<p class="said">${turn.content}</p>` : html`<${Markdown} text=${turn.content} />`}
    ${writing && turn.content === "" && html`<${Waiting} reading=${turn.reading} />`}
    ${turn.error && html`<p class="bad" role="alert">${turn.error}</p>`}
    <div class="doing">
      ${turn.details && html`<small class="faint">${tookOf(turn.details)}</small>`}
      ${turn.stopped && html`<small class="faint">stopped</small>`}
      ${onEdit && html`<button class="quiet" onClick=${() => setDraft(turn.content)}>Edit</button>`}
      ${onAgain && html`<button class="quiet" onClick=${onAgain}>Regenerate</button>`}
    </div>
  </article>`;
}

/** How far the prompt has been read, where that is known. */
function Waiting({ reading }) {
  if (reading === undefined) return html`<p class="faint">waiting for the first token …</p>`;
  const text = readingOf(reading.processed, reading.total);
  return html`<p class="faint">${text} <progress max=${reading.total} value=${reading.processed} aria-label=${text} /></p>`;
}
