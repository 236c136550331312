/** How a conversation is to be answered: kept with it. */
import { html } from "./vendor/htm-preact.js";

/** `models` are those that are served; `onChange` is called with the part of the conversation that changes. */
export function Settings({ conversation, models, onChange }) {
  const { system, temperature, maxTokens, model } = conversation;
  const number = (event) => event.target.value === "" ? undefined : event.target.valueAsNumber;
  return html`
    <details class="settings">
      <summary>Settings${summaryOf(conversation, models)}</summary>
      <label>Instructions for the model
          <textarea rows="3" value=${system} placeholder="such as: Answer in one sentence." onInput=${(event) =>
            onChange({ system: event.target.value })}></textarea></label>
      <div class="pair">
        <label>Temperature
            <input type="number" min="0" max="2" step="0.1" placeholder="1" value=${temperature ?? ""} onInput=${(
              event,
            ) => onChange({ temperature: number(event) })} /></label>
        <label>Tokens at most
            <input type="number" min="1" step="1" placeholder="no limit" value=${maxTokens ?? ""} onInput=${(event) =>
              onChange({ maxTokens: number(event) })} /></label>
      </div>
      <label>Answered by
          <select value=${model ?? ""} onChange=${(event) => onChange({ model: event.target.value || undefined })}>
            <option value="">the model above</option>
            ${models.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}
            ${model !== undefined && !models.some(({ id }) => id === model) && html`
              <option value=${model}>one that is not served now</option>
            `}
          </select></label>
    </details>
  `;
}

/** What is set, beside the word that opens it. */
function summaryOf({ system, temperature, maxTokens, model }, models) {
  const set = [
    ...(system.trim() === "" ? [] : ["instructions"]),
    ...(temperature === undefined ? [] : [`temperature ${temperature}`]),
    ...(maxTokens === undefined ? [] : [`${maxTokens} tokens`]),
    ...(model === undefined ? [] : [models.find(({ id }) => id === model)?.name ?? "another model"]),
  ];
  return set.length === 0 ? "" : `: ${set.join(", ")}`;
}
