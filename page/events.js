/** What happens in the mesh, as it happens. */
import { ask, lines } from "./api.js";
import { timeOfDay } from "./format.js";
import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";

/** Events that are kept, and shown at most. */
const MOST = 300;
/** A stream that ended is opened again after so long. */
const AGAIN_MILLISECONDS = 2000;
const QUERY = "past=30&every=500ms";

/** The stream of events with a filter. */
export function Events() {
  const [events, setEvents] = useState([]);
  const [paused, setPaused] = useState(false);
  const [filter, setFilter] = useState("");
  const [broken, setBroken] = useState(false);
  const held = useRef(paused);
  held.current = paused;
  useEffect(
    () => follow((event) => held.current || setEvents((events) => [event, ...events].slice(0, MOST)), setBroken),
    [],
  );
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

/** Reads the stream until the returned function is called; opens it again when it ends. */
function follow(onEvent, onBroken) {
  const leaving = new AbortController();
  let count = 0;
  const read = async (past) => {
    const response = await ask(`/skein/events?${past}`, { signal: leaving.signal });
    onBroken(false);
    for await (const line of lines(response)) {
      const event = JSON.parse(line);
      const key = ++count;
      if (event.type === "missed") {
        onEvent({
          key,
          at: Date.now(),
          name: "",
          device: "",
          type: "missed",
          text: `${event.events} events were missed`,
        });
      } else onEvent({ key, ...event });
    }
  };
  void (async () => {
    while (!leaving.signal.aborted) {
      // What was told once is not told again.
      await read(count === 0 ? QUERY : "every=500ms").catch(() => {});
      if (leaving.signal.aborted) return;
      onBroken(true);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLISECONDS));
    }
  })();
  return () => leaving.abort();
}

/** One of six colours by the device's id. */
function hueOf(device) {
  return [...device].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 6, 0);
}
