/** Answers that entered at this device, under way and of late, and where the time of one went. */
import { get, whileSeen } from "./api.js";
import { standingOf, timeOfDay } from "./format.js";
import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { Waterfall } from "./waterfall.js";

const LOOK_MILLISECONDS = 2000;
/** Answers that are listed. */
const MOST = 20;
const UNDER_WAY = "under way";

export function Answers() {
  const { answers, trace, problem, choose } = useAnswers();
  return html`<section class="answers" aria-labelledby="answers"><h2 id="answers">Answers</h2>
    ${answers.length === 0 && html`<p class="faint">None yet.</p>`}
    ${problem !== "" && html`<p class="bad" role="alert">${problem}</p>`}
    <ul class="list">${
    answers.slice(0, MOST).map((one) =>
      html`<li key=${one.id}>
      <button class="quiet row" aria-expanded=${trace?.id === one.id ? "true" : "false"} onClick=${() =>
        choose(one.id)}>
        <span class="faint">${timeOfDay(one.at)}</span> ${standingOf(one)}</button>
      ${trace?.id === one.id && html`<${Waterfall} trace=${trace} />`}
    </li>`
    )
  }</ul>
  </section>`;
}

/** The answers, and the trace of the one that was chosen: anew with each look while that one is under way. */
function useAnswers() {
  const [answers, setAnswers] = useState([]);
  const [trace, setTrace] = useState(undefined);
  const [problem, setProblem] = useState("");
  const [chosen, shown] = [useRef(undefined), useRef(undefined)];
  shown.current = trace?.outcome;
  const read = async (id, signal) => {
    const found = await get(`/skein/traces/${encodeURIComponent(id)}`, signal);
    // Meanwhile another one may have been chosen, or none.
    if (chosen.current !== id) return;
    setTrace(found);
  };
  const look = async (signal) => {
    setAnswers((await get("/skein/traces", signal)).answers);
    if (chosen.current !== undefined && shown.current === UNDER_WAY) await read(chosen.current, signal);
  };
  useEffect(() => whileSeen(LOOK_MILLISECONDS, look), []);
  const choose = async (id) => {
    setProblem("");
    setTrace(undefined);
    chosen.current = chosen.current === id ? undefined : id;
    if (chosen.current !== undefined) await read(id).catch((error) => setProblem(error.message));
  };
  return { answers, trace, problem, choose };
}
