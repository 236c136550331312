/** The borders between devices: move one to see what it would do, pin it, or leave it to the planner again. */
import { post } from "./api.js";
import { moveBorder, sentenceOf, splitChange } from "./study.js";
import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";

/** So long a border rests before the leader is asked: it solves a problem for each question. */
const REST_MILLISECONDS = 300;

/** Sliders for the borders of a plan. */
export function Borders({ plan }) {
  const standing = plan.segments.map(({ device, name, first, last }) => ({ device, name, blocks: last - first + 1 }));
  const [parts, setParts] = useState(standing);
  const [said, setSaid] = useState("");
  const asking = useRef(undefined);
  const moved = JSON.stringify(parts) !== JSON.stringify(standing);
  const plannedAs = JSON.stringify(plan.number);
  useEffect(() => {
    setParts(standing);
    return () => asking.current?.abort();
  }, [plannedAs]);
  const move = (at, first) => {
    const next = moveBorder(parts, at, first);
    setParts(next);
    setSaid("…");
    asking.current?.abort();
    const mine = asking.current = new AbortController();
    void study(next, mine.signal).then((text) => mine.signal.aborted || setSaid(text));
  };
  const pin = async (split) => {
    setSaid(split === null ? "left to the planner again …" : "pinned; the devices load their blocks …");
    await post("/skein/plan", { split }).catch((error) => setSaid(error.message));
  };
  const [total, starts] = [plan.model.blocks, parts.map((_, at) => blocksBefore(parts, at))];
  return html`<section class="borders" aria-labelledby="borders"><h3 id="borders">Borders</h3>
    <div class="strip" aria-hidden="true">${
    parts.map(({ device, name, blocks }) =>
      html`<span key=${device} style=${{ flexGrow: blocks }}>${name} ${blocks}</span>`
    )
  }</div>
    ${
    parts.slice(1).map(({ device, name }, index) =>
      html`<label key=${device}>${parts[index].name} | ${name}: at block ${starts[index + 1]}
      <input type="range" min=${starts[index] + 1} max=${(starts[index + 2] ?? total) - 1} value=${starts[index + 1]}
        onInput=${(event) => move(index + 1, Number(event.target.value))} /></label>`
    )
  }
    <p role="status">${said}</p>
    <div class="doing">
      <button disabled=${!moved} onClick=${() =>
    pin(parts.map(({ device, blocks }) => ({ device, blocks })))}>Pin this split</button>
      <button class="quiet" disabled=${!moved} onClick=${() => (setParts(standing), setSaid(""))}>Undo</button>
      <button class="quiet" disabled=${plan.planner !== "pinned"} onClick=${() => pin(null)}>Back to automatic</button>
    </div></section>`;
}

function blocksBefore(parts, at) {
  return parts.slice(0, at).reduce((sum, { blocks }) => sum + blocks, 0);
}

async function study(parts, signal) {
  await new Promise((resolve) => setTimeout(resolve, REST_MILLISECONDS));
  if (signal.aborted) return "";
  try {
    const answer = await post("/skein/study", { changes: [splitChange(parts)] }, signal);
    return sentenceOf(await answer.json(), "With this split");
  } catch (error) {
    return error.message;
  }
}
