/** Where a prompt is written; text files can be dropped into it. */
import { html, useState } from "./vendor/htm-preact.js";

/** As much as the API takes of a prompt, less room for the rest of it. */
const MOST_BYTES = 400 * 1024;

/** `onSay(text)` when it is sent, `onStop` when the answer is to end. */
export function Composer({ busy, ready, onSay, onStop }) {
  const [text, setText] = useState("");
  const [files, setFiles] = useState([]);
  const [problem, setProblem] = useState("");
  const [over, setOver] = useState(false);
  const send = (event) => {
    event.preventDefault();
    if (busy || !ready || (text.trim() === "" && files.length === 0)) return;
    const parts = files.map(({ name, text }) => `${name}:\n\`\`\`\n${text}\n\`\`\``);
    setText("");
    setFiles([]);
    onSay([...parts, text.trim()].filter((part) => part !== "").join("\n\n"));
  };
  const add = async (list) => {
    const read = await Promise.allSettled([...list].map(readText));
    setFiles((files) => [...files, ...read.flatMap(({ value }) => value === undefined ? [] : [value])]);
    setProblem(read.flatMap(({ reason }) => reason === undefined ? [] : [reason.message]).join(" "));
  };
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    void add(event.dataTransfer.files);
  };
  return html`
    <form class=${`composer ${over ? "over" : ""}`} onSubmit=${send} onDrop=${drop}
      onDragOver=${(event) => (event.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)}>
        ${files.map(({ name }, at) =>
          html`<span class="file" key=${name}>${name}
      <button type="button" class="quiet" aria-label=${`Leave out ${name}`} onClick=${() =>
            setFiles(files.filter((_, other) => other !== at))}>×</button></span>`
        )}
        ${problem !== "" && html`<p class="bad" role="alert">${problem}</p>`}
        <textarea id="prompt" aria-label="Prompt" rows="3" value=${text} placeholder="Ask, or drop a text file here"
          onInput=${(event) => setText(event.target.value)}
          onKeyDown=${(event) =>
            event.key === "Enter" && !event.shiftKey && !event.isComposing && send(event)}></textarea>
        <div class="doing">
          <label class="button quiet">Add a file<input class="unseen" type="file" multiple onChange=${(event) =>
            add(event.target.files)} /></label>
          ${busy
            ? html`<button type="button" class="stop" onClick=${onStop}>Stop</button>`
            : html`<button disabled=${!ready}>Send</button>`}
        </div>
      </form>
  `;
}

/** @throws an Error that says why a file is not taken. */
async function readText(file) {
  if (file.size > MOST_BYTES) throw new Error(`${file.name} is too large: a prompt has at most 512 KiB.`);
  try {
    return { name: file.name, text: new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()) };
  } catch {
    throw new Error(`${file.name} is not a text file.`);
  }
}
