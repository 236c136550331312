/** The way of an answer across devices: a bar a step, token below token. */
import { blocks, milliseconds } from "./format.js";
import { html } from "./vendor/htm-preact.js";

/** Tokens that are drawn: the last ones. */
const MOST_ROWS = 24;
const [WIDTH, ROW] = [600, 14];

/** Shows a trace: what a token took on the mean, by device, and the last tokens one by one. */
export function Waterfall({ trace }) {
  const rows = trace.rows.slice(-MOST_ROWS).filter(({ steps }) => steps.some((step) => step !== null));
  return html`<div class="trace">
    <div class="wide" tabindex="0" role="region" aria-label="What a token took"><table>
      <thead><tr><th scope="col">device</th><th scope="col">queue</th><th scope="col">compute</th><th scope="col">wire</th></tr></thead>
      <tbody>${
    trace.segments.map((segment, at) =>
      html`<tr key=${at}><th scope="row" class=${`hue${at % 6}`}>${segment.name} ${blocks(segment)}</th>
        ${
        ["queue", "compute", "wire"].map((part) =>
          html`<td>${segment.share === null ? "–" : milliseconds(segment.share[part])}</td>`
        )
      }</tr>`
    )
  }</tbody>
    </table></div>
    ${trace.tokenMs !== null && html`<p>${milliseconds(trace.tokenMs)} a token.</p>`}
    ${rows.length > 0 && html`<${Bars} rows=${rows} />`}
    ${trace.notes.map((note) => html`<p class="faint" key=${note}>${note}</p>`)}
  </div>`;
}

function Bars({ rows }) {
  const steps = rows.flatMap(({ steps }) => steps.filter((step) => step !== null));
  const [from, to] = [Math.min(...steps.map(({ arrived }) => arrived)), Math.max(...steps.map(({ ended }) => ended))];
  const x = (time) => (time - from) / Math.max(to - from, 1e-6) * WIDTH;
  const bar = (name, y, begin, end) =>
    html`<rect class=${name} x=${x(begin)} y=${y} width=${Math.max(0.7, x(end) - x(begin))} height=${ROW - 4} />`;
  return html`
    <svg class="waterfall" viewBox=${`0 0 ${WIDTH} ${rows.length * ROW}`} role="img"
      aria-label=${`The last ${rows.length} steps of the answer within ${
        milliseconds(to - from)
      }: queue pale, compute full`}>
        ${rows.map(({ position, steps }, row) =>
          html`<g key=${position}>
      ${
            steps.map((step, segment) =>
              step && html`
                ${bar(`hue${segment % 6} queue`, row * ROW + 2, step.arrived, step.began)}
                ${bar(`hue${segment % 6}`, row * ROW + 2, step.began, step.ended)}
              `
            )
          }
    </g>`
        )}
      </svg>
  `;
}
