/** The daemon's stream of events, for as long as somebody can see the page. */
import { ask, lines } from "./api.js";
import { tokensCame } from "./tokens.js";

/** A stream that ended is opened again after so long. */
const AGAIN_MILLISECONDS = 2000;
/** Events are handed on so often, together: each time the list is drawn. */
const TOGETHER_MILLISECONDS = 200;
/** What happened longer ago says nothing of now: it was told when the stream was opened. */
const LATE_MILLISECONDS = 5000;
const QUERY = "past=30&every=500ms";

/**
 * Calls `onEvents` with what happens, several at once, until the returned function is called; opens the stream again when it
 * ends. Nobody sees a hidden page: it reads nothing, since a browser opens six connections to a daemon at most, for all of its
 * pages together.
 */
export function followEvents(onEvents, onBroken) {
  const leaving = new AbortController();
  const gather = gathering(onEvents, leaving.signal);
  void (async () => {
    while (!leaving.signal.aborted) {
      if (document.hidden) await changeOfSight(leaving.signal);
      else if (await read(leaving.signal, gather, onBroken)) {
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

/** Takes events one by one and hands them on together. */
function gathering(onEvents, signal) {
  let waiting = [];
  return (event) => {
    if (isTokens(event)) tokensCame(event.event.model);
    if (waiting.push(event) > 1) return;
    setTimeout(() => {
      const events = waiting;
      waiting = [];
      if (!signal.aborted) onEvents(events);
    }, TOGETHER_MILLISECONDS);
  };
}

function isTokens({ type, event, at }) {
  return type === "answer" && ["writing", "going"].includes(event?.stage) && Date.now() - at < LATE_MILLISECONDS;
}

/**
 * An event with a key that is the same when it is told once more, after the stream was opened again. How far an answer is has
 * one key for all of the answer: the latest takes the place of the others.
 */
function eventOf(event) {
  if (event.type === "missed") {
    const text = `${event.events} events were missed`;
    return { type: "missed", key: `missed ${performance.now()}`, at: Date.now(), name: "", device: "", text };
  }
  const { stage, id, read } = event.event ?? {};
  const supersedes = event.type === "answer" && (stage === "going" || (stage === "reading" && read !== undefined));
  return { ...event, supersedes, key: supersedes ? `progress of ${id}` : `${event.at} ${event.device} ${event.text}` };
}

function changeOfSight(signal) {
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
    signal.addEventListener("abort", resolve, { once: true });
  });
}

/** `events`, the latest first, with the new ones before them: each once, and no more than `most`. Pure. */
export function withNews(events, news, most) {
  const all = new Map(events.toReversed().map((event) => [event.key, event]));
  for (const event of news) {
    // What takes another's place goes to the end.
    if (event.supersedes) all.delete(event.key);
    if (!all.has(event.key)) all.set(event.key, event);
  }
  return [...all.values()].reverse().slice(0, most);
}
