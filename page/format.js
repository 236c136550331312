/** Numbers in words that people read. Pure. */

/** Bytes with a binary unit, such as "1.6 GiB". */
export function bytes(count) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [count, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds, or seconds where there are many. */
export function milliseconds(count) {
  if (count >= 10_000) return `${(count / 1000).toFixed(1)} s`;
  if (count >= 100) return `${Math.round(count)} ms`;
  return `${count.toFixed(count >= 10 ? 1 : 2)} ms`;
}

/** A run of blocks, such as "0–17". */
export function blocks({ first, last }) {
  return first === last ? `${first}` : `${first}–${last}`;
}

/** The way of a token, such as "laptop 0–17 → board 18–37". */
export function way(route) {
  return route.map(({ device, name, first, last }) => `${name ?? device} ${blocks({ first, last })}`).join(" → ");
}

/** What an answer took, by the `skein` field that comes with it. */
export function tookOf({ ttft_ms, total_ms, completion_tokens, conversations, route }) {
  const rest = total_ms - ttft_ms;
  const rate = completion_tokens > 1 && rest > 0
    ? `, ${((completion_tokens - 1) * 1000 / rest).toFixed(1)} tokens/s`
    : "";
  const again = conversations > 1
    ? `; taken up again ${conversations === 2 ? "once" : `${conversations - 1} times`}`
    : "";
  return `first token after ${milliseconds(ttft_ms)}, ${completion_tokens} tokens${rate}; ${way(route)}${again}`;
}

/** How far a prompt has been read, such as "reading 1,200 of 4,096 tokens". */
export function readingOf(read, of) {
  return `reading ${read.toLocaleString("en")} of ${of.toLocaleString("en")} tokens`;
}

/** How an answer does, or how it did, by `/skein/traces`. */
export function standingOf({ outcome, promptTokens, readTokens = 0, completionTokens, ttftMs, totalMs }) {
  const tokens = `${completionTokens} ${completionTokens === 1 ? "token" : "tokens"}`;
  if (outcome !== "under way") return `${tokens} in ${milliseconds(totalMs)}, ${outcome}`;
  if (completionTokens > 0) return `${tokens} so far, ${milliseconds(totalMs)}`;
  if (ttftMs !== null) return `first token after ${milliseconds(ttftMs)}`;
  return promptTokens === 0 ? "waiting for its place" : readingOf(readTokens, promptTokens);
}

/** The time of day, by this machine's clock and manners. */
export function timeOfDay(at) {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** A link's round trip and bandwidth, as far as they are known. */
export function describeLink({ roundTripMilliseconds, bytesPerSecond }) {
  const trip = roundTripMilliseconds === undefined ? [] : [`${milliseconds(roundTripMilliseconds)} there and back`];
  return [...trip, ...(bytesPerSecond === undefined ? [] : [`${bytes(bytesPerSecond)}/s`])].join(", ");
}

/** How a plan came to be, how good it is proven to be, what is expected of it and what it did. */
export function describePlan({ number, planner, forecast }, measured) {
  const how = { solver: "by the solver", even: "split evenly", pinned: "pinned" }[planner];
  const sentences = [`Plan ${number.term}.${number.epoch}, ${how}${forecast === undefined ? "" : proofOf(forecast)}.`];
  if (forecast !== undefined) sentences.push(`Predicted: ${milliseconds(forecast.tpotMilliseconds)} a token.`);
  if (measured !== undefined) {
    const answers = measured.answers === 1 ? "one answer" : `${measured.answers} answers`;
    sentences.push(`Measured: ${milliseconds(measured.tpotMilliseconds)}, over ${answers}.`);
  }
  return sentences.join(" ");
}

function proofOf({ gap }) {
  return gap === 0 ? ", proven to be the best" : `, at most ${(gap * 100).toFixed(1)} % above the best`;
}
