/** Answers of late that entered at this device, and where the time of one went. */
import { get, whileSeen } from "./api.js";
import { milliseconds, timeOfDay } from "./format.js";
import { html, useEffect, useState } from "./vendor/htm-preact.js";
import { Waterfall } from "./waterfall.js";

const LOOK_MILLISECONDS = 5000;
/** Answers that are listed. */
const MOST = 20;

export function Answers() {
  const [answers, setAnswers] = useState([]);
  const [chosen, setChosen] = useState(undefined);
  const [problem, setProblem] = useState("");
  useEffect(
    () => whileSeen(LOOK_MILLISECONDS, async (signal) => setAnswers((await get("/skein/traces", signal)).answers)),
    [],
  );
  const choose = async (id) => {
    if (chosen?.id === id) return setChosen(undefined);
    setProblem("");
    try {
      setChosen(await get(`/skein/traces/${encodeURIComponent(id)}`));
    } catch (error) {
      setProblem(error.message);
    }
  };
  return html`<section class="answers" aria-labelledby="answers"><h2 id="answers">Answers</h2>
    ${answers.length === 0 && html`<p class="faint">None yet.</p>`}
    ${problem !== "" && html`<p class="bad" role="alert">${problem}</p>`}
    <ul class="list">${
    answers.slice(0, MOST).map((one) =>
      html`<li key=${one.id}>
      <button class="quiet row" aria-expanded=${chosen?.id === one.id ? "true" : "false"} onClick=${() =>
        choose(one.id)}>
        ${timeOfDay(one.at)} ${one.completionTokens} tokens in ${milliseconds(one.totalMs)}, ${one.outcome}</button>
      ${chosen?.id === one.id && html`<${Waterfall} trace=${chosen} />`}
    </li>`
    )
  }</ul>
  </section>`;
}
