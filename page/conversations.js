/** Conversations, kept in this browser alone. */

const NAME = "skein.conversations";
const MOST = 50;

/** A conversation in which nothing has been said. */
export function begin() {
  return { id: drawId(), system: "", turns: [] };
}

/** An id that no other conversation has; `randomUUID` is there only for pages of this machine or over TLS. */
function drawId() {
  return crypto.getRandomValues(new Uint32Array(3)).join("-");
}

/** What a conversation is called: how it begins. */
export function titleOf({ turns }) {
  const text = turns[0]?.content.trim().split("\n")[0] ?? "";
  return text === "" ? "New conversation" : text.slice(0, 60);
}

/** The conversations that are kept, the latest first; at least one. */
export function load() {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "[]");
    if (Array.isArray(kept) && kept.length > 0) return kept;
  } catch {
    // What another version wrote, or nobody: begin anew.
  }
  return [begin()];
}

/** Keeps them, as many as there is room for; those in which nothing was said are not worth it. */
export function keep(conversations) {
  let kept = conversations.filter(({ turns }) => turns.length > 0).slice(0, MOST);
  for (;;) {
    try {
      return localStorage.setItem(NAME, JSON.stringify(kept));
    } catch {
      if (kept.length === 0) return;
      // Full: the oldest goes.
      kept = kept.slice(0, -1);
    }
  }
}

/** The request for the answer to a conversation, by `model` unless it says another one. */
export function requestOf({ system, turns, temperature, maxTokens, model }, served) {
  const said = turns.filter(({ content }) => content !== "").map(({ role, content }) => ({ role, content }));
  const messages = system.trim() === "" ? said : [{ role: "system", content: system }, ...said];
  // What is undefined is left out of JSON.
  return { model: model ?? served, stream: true, return_progress: true, temperature, max_tokens: maxTokens, messages };
}
