/** How other programs and devices come in. */
import { InviteCode } from "./invite-code.js";
import { authorization } from "./key.js";
import { snippetsFor } from "./snippets.js";
import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";

/** Snippets for programs that speak OpenAI's API. */
export function Connect() {
  const keyed = Object.keys(authorization()).length > 0;
  return html`<section class="connect" aria-labelledby="connect"><h2 id="connect">Connect</h2>
    <p>Base URL <code>${location.origin}/v1</code>, model <code>default</code>, ${
    keyed ? "with the API's key" : "any key"
  }.</p>
    ${
    snippetsFor(location.origin, keyed).map(({ name, text }) =>
      html`
        <details key=${name}>
          <summary>${name}</summary>
          <${Snippet} text=${text} label=${name} />
        </details>
      `
    )
  }
  </section>`;
}

/** A text to copy: by a button where browsers allow it, on this machine or over TLS. */
function Snippet({ text, label }) {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true), () => setCopied(false));
  return html`
    <pre tabindex="0">${text}</pre>
    ${navigator.clipboard &&
      html`<button class="quiet" onClick=${copy}>${
        copied ? "Copied" : "Copy"
      }<span class="unseen"> ${label}</span></button>`}
  `;
}

/**
 * How one more device joins. An invite opens the mesh, so the page cannot make one: it takes who can read the data folder of
 * the daemon, at a terminal.
 */
export function AddDevice({ devices, onClose }) {
  const dialog = useRef(null);
  const before = useRef(new Set(devices.map(({ device }) => device)));
  useEffect(() => dialog.current.showModal(), []);
  const joined = devices.filter(({ device }) => !before.current.has(device));
  return html`
    <dialog ref=${dialog} onClose=${onClose} aria-labelledby="add">
      <h2 id="add">One more device</h2>
      <p>An invite lets a device in, so it is made at a terminal of this machine, by who may read the daemon's data:</p>
      <${Snippet} text="skein invite" label="the command for this machine" />
      <p>On the other device, then paste the invite:</p>
      <${Snippet} text="skein up --join -" label="the command for the other device" />
      <p>In a clone of Skein, where it is not installed, put npx before both.</p>
      <${InviteCode} />
      <p role="status">${joined.length === 0
        ? "Waiting for it …"
        : `${joined.map(({ name }) => name).join(", ")} has joined.`}</p>
      <form method="dialog"><button>Close</button></form>
    </dialog>
  `;
}
