/** The page: chat, mesh, events and how to connect, beside each other or as tabs. */
import { Answers } from "./answers.js";
import { get, whileSeen } from "./api.js";
import { Chat } from "./chat.js";
import { AddDevice, Connect } from "./connect.js";
import { Events } from "./events.js";
import { milliseconds } from "./format.js";
import { keepKey } from "./key.js";
import { Mesh } from "./mesh.js";
import { html, render, useEffect, useState } from "./vendor/htm-preact.js";

const LOOK_MILLISECONDS = 3000;
const TABS = ["Chat", "Mesh", "Events", "Connect"];

function Page() {
  const [tab, setTab] = useState("Chat");
  const [adding, setAdding] = useState(false);
  const [wanted, setWanted] = useState(undefined);
  const { view, measured, problem } = useMesh();
  if (problem?.code === "invalid_api_key") return html`<${AskKey} />`;
  const plans = (view?.models ?? []).flatMap((one) => one.type === "active" && one.retiring !== true ? [one.plan] : []);
  const plan = plans.find(({ model }) => model.id === wanted) ?? plans[0];
  const panel = (name) => `panel ${name.toLowerCase()} ${tab === name ? "open" : ""}`;
  return html`
    <header>
          <h1>Skein</h1>
          ${plans.length > 1
            ? html`<select aria-label="Model" value=${plan.model.id} onChange=${(event) =>
              setWanted(event.target.value)}>
          ${plans.map(({ model }) => html`<option key=${model.id} value=${model.id}>${model.name}</option>`)}</select>`
            : html`<b>${plan?.model.name ?? "no model yet"}</b>`}
          <span class="faint">${view && `${view.devices.length} ${view.devices.length === 1 ? "device" : "devices"}`}
            ${measured && `, ${milliseconds(measured.tpotMilliseconds)} a token`}</span>
          <span class="faint private">nothing leaves your devices</span>
          <button class="quiet" onClick=${() => setAdding(true)}>+ device</button>
        </header>
        <nav aria-label="Parts of the page">${TABS.map((name) =>
          html`
            <button key=${name} class="quiet"
              aria-current=${tab === name ? "true" : undefined} onClick=${() => setTab(name)}>${name}</button>
          `
        )}</nav>
        ${problem && html`<p class="bad" role="alert">${problem.message}</p>`}
        <main>
      <section class=${panel("Chat")} aria-labelledby="chat">
        <h2 id="chat" class="unseen">Chat</h2>
        <${Chat} model=${plan?.model.id} models=${plans.map(({ model }) => model)} />
      </section>
      <section class=${panel("Mesh")} aria-labelledby="mesh"><h2 id="mesh">Mesh</h2>
            ${view === undefined
              ? html`<p class="faint">…</p>`
              : html`<${Mesh} view=${view} plan=${plan} measured=${
                plan === plans[0] ? measured : undefined
              } />`}</section>
      <div class=${panel("Events")}>
        <${Answers} />
        <${Events} />
      </div>
      <div class=${panel("Connect")}>
        <${Connect} />
      </div>
    </main>
        ${adding && html`<${AddDevice} devices=${view?.devices ?? []} onClose=${() => setAdding(false)} />`}
  `;
}

/** How the mesh stands, looked at every third second. */
function useMesh() {
  const [state, setState] = useState({});
  useEffect(() =>
    whileSeen(LOOK_MILLISECONDS, async (signal) => {
      try {
        const [view, { measured }] = await Promise.all([get("/skein/inspect", signal), get("/skein/plan", signal)]);
        setState({ view, measured });
      } catch (problem) {
        if (!signal.aborted) setState((state) => ({ ...state, problem }));
      }
    }), []);
  return state;
}

/** An API that was opened to other machines asks for its key. */
function AskKey() {
  const [key, setKey] = useState("");
  const submit = (event) => {
    event.preventDefault();
    keepKey(key);
    location.reload();
  };
  return html`
    <main class="asking">
      <h1>Skein</h1>
      <form onSubmit=${submit}>
        <label>This API asks for its key. It is in the file api.key of the daemon's data folder.
          <input type="password" autocomplete="off" value=${key} onInput=${(event) =>
            setKey(event.target.value)} /></label>
        <button>Open</button></form>
    </main>
  `;
}

render(html`<${Page} />`, document.getElementById("page"));
