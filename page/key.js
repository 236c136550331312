/** The key of an API that asks for one: kept for as long as the tab is open, and sent to nobody but the daemon. */

const NAME = "skein.key";

/** The header that carries the key; nothing where none was given. */
export function authorization() {
  const key = sessionStorage.getItem(NAME);
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

/** Keeps the key that somebody typed. */
export function keepKey(key) {
  sessionStorage.setItem(NAME, key.trim());
}
