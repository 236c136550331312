/** The mesh: devices in the order of a token's path, and what would be without one of them. */
import { post } from "./api.js";
import { Borders } from "./borders.js";
import { Device } from "./device.js";
import { describeLink, describePlan } from "./format.js";
import { privateOf, reserveOf } from "./keeping.js";
import { sentenceOf, whyLeftOut } from "./study.js";
import { TokenDot } from "./token-dot.js";
import { html, useState } from "./vendor/htm-preact.js";

/** `view` is `/skein/inspect`'s, `plan` the plan to show, `measured` what answers of this device took under it. */
export function Mesh({ view, plan, measured }) {
  const views = new Map(view.devices.map((one) => [one.device, one]));
  const others = view.devices.filter(({ device }) => !plan?.segments.some((segment) => segment.device === device));
  const recall = view.models.find((one) => one.type === "active" && one.plan.model.id === plan?.model.id)?.recall;
  const shared = (device, segment) => ({
    view: views.get(device),
    secret: segment && recall ? privateOf(segment, recall.policy, plan.model.blocks) : "",
    reserve: reserveOf(recall?.holders.find((holder) => holder.device === device)?.blocks ?? [], segment),
    leads: view.leader === device,
    here: view.devices[0]?.device === device,
  });
  return html`<div class="mesh">
    ${
    plan === undefined
      ? html`<p>${view.state.type === "waiting" ? view.state.reason : "There is no plan."}</p>`
      : html`<${Verdict} plan=${plan} measured=${measured} />`
  }
    ${
    plan && html`<ol class="path run" aria-label="The way of a token">
      <${TokenDot} plan=${plan} />
      ${
      plan.segments.map((segment, at) =>
        html`
          <${Device} key=${segment.device} ...${shared(segment.device, segment)} segment=${segment} stage=${plan
            .forecast
            ?.stages[at]}>
            <${WhatIf} device=${segment} />
            <//>
            <${Edge} views=${views} from=${segment} to=${plan.segments[at + 1] ??
              plan.segments[0]} back=${at === plan.segments.length - 1} />
        `
      )
    }
    </ol>`
  }
    ${
    others.length > 0 && html`
      <h3>${plan === undefined ? "Devices" : "Without blocks"}</h3>
      <ul class="path">${others.map(({ device, name }) =>
        html`<${Device} key=${device} ...${shared(device)} note=${
          plan?.planner === "pinned" &&
          "not part of the split that is pinned"
        }>
        ${
          plan && plan.planner !== "pinned" &&
          html`<${Question} ask="Why has it no blocks?" changes=${[]} answer=${(study) =>
            whyLeftOut(study, device)} label=${name} />`
        }
      <//>`
      )}</ul>
    `
  }
    ${plan && plan.segments.length > 1 && html`<${Borders} plan=${plan} />`}
    ${
    plan?.planner === "pinned" && plan.segments.length === 1 && html`<button onClick=${() =>
      post("/skein/plan", { split: null })}>Back to automatic</button>`
  }
  </div>`;
}

function Verdict({ plan, measured }) {
  return html`<p>${describePlan(plan, measured)}</p>
    ${plan.forecast?.verdict && html`<p class="faint">${plan.forecast.verdict}</p>`}`;
}

/** The link that a token takes next; `back` is the last one's, to the first device. */
function Edge({ views, from, to, back }) {
  if (from.device === to.device) return null;
  const link = linkOf(views, from.device, to.device);
  return html`<li class="edge"><span aria-hidden="true">${back ? "↑" : "↓"}</span>
    <span class="unseen">${back ? "and back" : "then"} to ${to.name}: </span>${
    link === undefined ? "" : describeLink(link)
  }</li>`;
}

/** The link as the device at its end has measured it, which is asked for its round trip at the other one where it has none. */
function linkOf(views, from, to) {
  const link = views.get(to)?.links?.find(({ device }) => device === from);
  const back = views.get(from)?.links?.find(({ device }) => device === to);
  return link && { ...link, roundTripMilliseconds: link.roundTripMilliseconds ?? back?.roundTripMilliseconds };
}

function WhatIf({ device: { device, name } }) {
  return html`<${Question} ask="What if it leaves?" changes=${[`-device:${device}`]} answer=${(study) =>
    sentenceOf(study, `Without ${name}`)} label=${name} />`;
}

/** A button that asks the leader, and the answer below it. */
function Question({ ask, changes, answer, label }) {
  const [said, setSaid] = useState("");
  const find = async () => {
    setSaid("…");
    try {
      setSaid(answer(await (await post("/skein/study", { changes })).json()));
    } catch (error) {
      setSaid(error.message);
    }
  };
  return html`
    <button class="quiet" onClick=${find}>${ask}<span class="unseen"> (${label})</span></button>
    <p class="said-of" role="status">${said}</p>
  `;
}
