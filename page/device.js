/** A device as a box: what it holds, how full its memory is, what it does. */
import { blocks, bytes, milliseconds } from "./format.js";
import { html } from "./vendor/htm-preact.js";

/**
 * `view` is what its inspector says, or an error; `segment` its part of the plan, if it has one; `secret` what of that is private,
 * and `reserve` which blocks of others it has on its disk, in words.
 */
export function Device({ view, segment, stage, secret, reserve, leads, here, note, children }) {
  const missing = view?.error;
  return html`<li class=${`device ${segment === undefined ? "idle" : ""}`}>
    <h3>${view?.name ?? segment.name}${
    leads && html`<span class="leader" title="leads the mesh"> ★<span class="unseen"> leads</span></span>`
  }
      ${here && html`<small class="faint"> this device</small>`}</h3>
    ${
    segment &&
    html`<p>blocks ${blocks(segment)}${stage && html`, ${milliseconds(stage.decodeMilliseconds)} a token`}</p>`
  }
    ${segment?.mirror && html`<p class="mirror">mirrored on ${segment.mirror.name}</p>`}
    ${secret && html`<p>private: ${secret}</p>`}
    ${reserve && html`<p class="faint">in reserve: ${reserve}</p>`}
    ${note && html`<p class="faint">${note}</p>`}
    ${
    view === undefined || missing !== undefined
      ? html`<p class="bad">${missing ?? "It does not answer."}</p>`
      : html`<${Memory} view=${view} segment=${segment} />`
  }
    ${children}
    ${view?.actors && html`<${Actors} view=${view} />`}
  </li>`;
}

/** How much of the memory that the device gives is taken by its blocks and caches. */
function Memory({ view: { name, memory, segments }, segment }) {
  const used = segments.reduce((sum, { bytes }) => sum + bytes, 0) || segment?.bytes || 0;
  const total = Math.max(used, memory.usableBytes);
  return html`<label class="memory"><span>${bytes(used)} of ${bytes(total)}</span>
    <meter min="0" max=${total} value=${used} aria-label=${`Memory of ${name}`}></meter></label>`;
}

function Actors({ view: { name, actors } }) {
  return html`
    <details>
      <summary>Actors of ${name}</summary>
      <div class="wide" tabindex="0" role="region" aria-label=${`Actors of ${name}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">actor</th>
              <th scope="col">waiting</th>
              <th scope="col">handled</th>
              <th scope="col">mean</th>
              <th scope="col">restarts</th>
            </tr>
          </thead>
          <tbody>${actors.map((row) =>
            html`
              <tr key=${row.path}>
                <th scope="row">${row.path}</th>
                <td>${row.mailbox}</td>
                <td>${row.handled}</td>
                <td>${milliseconds(row.meanMilliseconds)}</td>
                <td>${row.restarts}</td>
              </tr>
            `
          )}</tbody>
        </table>
      </div>
    </details>
  `;
}
