/** A dot that runs along the token's path: for one token of many, and slowly, since tokens are faster than eyes. */
import { onTokens } from "./tokens.js";
import { html, useEffect, useRef } from "./vendor/htm-preact.js";

/** One dot runs so long, however fast its token was. */
const RUN_MILLISECONDS = 900;
/** A dot starts at most so often; tokens in between are left out. */
const EVERY_MILLISECONDS = 450;
/** The part of a run that the way back takes, from the last device to the first. */
const BACK = 0.15;

/** The dot; stands within the list whose `.device` elements it runs along. `plan` is the one whose tokens count. */
export function TokenDot({ plan }) {
  const place = useRef(null);
  const { id, name } = plan.model;
  useEffect(() => {
    let startedAt = -Infinity;
    return onTokens((model) => {
      const isIts = model === undefined || model === id || model === name;
      const now = performance.now();
      if (!isIts || document.hidden || isStill() || now - startedAt < EVERY_MILLISECONDS) return;
      startedAt = now;
      run(place.current);
    });
  }, [id, name]);
  return html`<li class="rail" role="presentation" aria-hidden="true" ref=${place}></li>`;
}

/** Whether somebody has asked for a page on which nothing moves. */
function isStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function run(place) {
  const stops = [...place.parentElement.querySelectorAll(":scope > .device")].map(({ offsetTop, offsetHeight }) => ({
    top: offsetTop,
    bottom: offsetTop + offsetHeight,
  }));
  if (stops.length === 0) return;
  const dot = place.appendChild(document.createElement("span"));
  dot.className = "dot";
  const done = () => dot.remove();
  // Nothing of it is kept: not even where the list is gone before its end.
  dot.animate(wayOf(stops), { duration: RUN_MILLISECONDS, easing: "linear" }).finished.then(done, done);
}

/** The keyframes: through the devices and over the links between them at one speed, and back in one go. Pure. */
export function wayOf(stops) {
  const [first, last] = [stops[0], stops[stops.length - 1]];
  const length = last.bottom - first.top;
  const points = stops.flatMap(({ top, bottom }) => [top, bottom]).map((y) => ({
    transform: `translateY(${y - first.top}px)`,
    offset: (y - first.top) / length * (1 - BACK),
    opacity: 1,
  }));
  return [...points, { transform: "translateY(0px)", offset: 1, opacity: 0.2 }];
}
