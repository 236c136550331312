/** Word of tokens that were drawn just now: from the answer that this page reads, and from events of the others. */

const listeners = new Set();

/** Says that an answer of a model, by its id or its name, has new tokens; `undefined` for whichever is served. */
export function tokensCame(model) {
  for (const listener of listeners) listener(model);
}

/** Calls `listener(model)` for each such word until the returned function is called. */
export function onTokens(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
