/** What happens in the mesh, as it happens. */
import { followEvents, withNews } from "./event-stream.js";
import { timeOfDay } from "./format.js";
import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";

/** Events that are kept, and shown at most. */
const MOST = 300;

/** The stream of events with a filter. */
export function Events() {
  const [events, setEvents] = useState([]);
  const [paused, setPaused] = useState(false);
  const [filter, setFilter] = useState("");
  const [broken, setBroken] = useState(false);
  const held = useRef(paused);
  held.current = paused;
  useEffect(() => {
    const add = (news) => held.current || setEvents((events) => withNews(events, news, MOST));
    return followEvents(add, setBroken);
  }, []);
  const wanted = filter.trim().toLowerCase();
  const shown = events.filter(({ name, type, text }) => `${name} ${type} ${text}`.toLowerCase().includes(wanted));
  return html`<section class="events" aria-labelledby="events"><h2 id="events">Events</h2>
    <div class="bar"><input type="search" aria-label="Filter events" placeholder="filter: a device, a kind, a word" value=${filter}
      onInput=${(event) => setFilter(event.target.value)} />
      <button class="quiet" aria-pressed=${paused ? "true" : "false"} onClick=${() => setPaused(!paused)}>${
    paused ? "Go on" : "Pause"
  }</button></div>
    ${broken && html`<p class="bad" role="alert">The stream has ended; it is opened again …</p>`}
    <ol class="list" tabindex="0" aria-label="Events, the latest first">
      ${
    shown.map((event) =>
      html`<li key=${event.key}><time>${timeOfDay(event.at)}</time> <b class=${`hue${
        hueOf(event.device)
      }`}>${event.name}</b>
        ${" "}${event.text}${
        event.times > 1 && html`
          <small class="faint">× ${event.times}</small>
        `
      }</li>`
    )
  }
    </ol>
    ${shown.length === 0 && html`<p class="faint">Nothing yet.</p>`}
  </section>`;
}

/** One of six colours by the device's id. */
function hueOf(device) {
  return [...device].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 6, 0);
}
