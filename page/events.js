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
  const add = (event) =>
    setEvents((events) => {
      if (held.current || events.some(({ key }) => key === event.key)) return events;
      return [event, ...events].slice(0, MOST);
    });
  useEffect(() => follow(add, setBroken), []);
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

/**
 * Reads the stream until the returned function is called; opens it again when it ends. Nobody sees a hidden page: it reads
 * nothing, since a browser opens six connections to a daemon at most, for all of its pages together.
 */
function follow(onEvent, onBroken) {
  const leaving = new AbortController();
  void (async () => {
    while (!leaving.signal.aborted) {
      if (document.hidden) await changeOfSight(leaving.signal);
      else if (await read(leaving.signal, onEvent, onBroken)) {
        onBroken(true);
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLISECONDS));
      }
    }
  })();
  return () => leaving.abort();
}

/** Reads until the stream ends (true), or the page is hidden or left (false). */
async function read(leaving, onEvent, onBroken) {
  const ending = new AbortController();
  const signal = AbortSignal.any([leaving, ending.signal]);
  void changeOfSight(signal).then(() => ending.abort());
  try {
    const response = await ask(`/skein/events?${QUERY}`, { signal });
    onBroken(false);
    for await (const line of lines(response)) onEvent(eventOf(JSON.parse(line)));
  } catch {
    // Whatever ended it: it is opened again.
  }
  const ended = !signal.aborted;
  ending.abort();
  return ended;
}

/** An event with a key that is the same when it is told once more, after the stream was opened again. */
function eventOf(event) {
  if (event.type !== "missed") return { ...event, key: `${event.at} ${event.device} ${event.text}` };
  const text = `${event.events} events were missed`;
  return { type: "missed", key: `missed ${performance.now()}`, at: Date.now(), name: "", device: "", text };
}

function changeOfSight(signal) {
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
    signal.addEventListener("abort", resolve, { once: true });
  });
}

/** One of six colours by the device's id. */
function hueOf(device) {
  return [...device].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 6, 0);
}
