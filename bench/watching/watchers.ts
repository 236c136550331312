/** Those who watch a mesh, as they really do: a page, a full screen in a terminal, and Prometheus. */

/** Somebody who watches until the signal; rejects where a daemon does not answer as it should. */
export type Watcher = (apis: readonly string[], signal: AbortSignal) => Promise<void>;

/** By who they are. */
export const watchers = {
  /** Follows what happens, and looks at all devices and at the plan every three seconds. */
  page: ([api = ""], signal) => lookAndFollow(api, 3000, signal),
  /** The same every second. */
  top: ([api = ""], signal) => lookAndFollow(api, 1000, signal),
  /** Asks each device every five seconds. */
  metrics: (apis, signal) => {
    return every(5000, signal, async () => {
      await Promise.all(apis.map((api) => read(`${api}/metrics`, signal)));
    });
  },
} as const satisfies Readonly<Record<string, Watcher>>;
export type WatcherName = keyof typeof watchers;

/** Has some of them watch while `action` runs. */
export async function watched<T>(
  names: readonly WatcherName[],
  apis: readonly string[],
  action: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const watching = Promise.all(names.map((name) => watchers[name](apis, over.signal))).catch((error) => {
    if (!over.signal.aborted) throw error;
  });
  try {
    return await Promise.race([action(), watching.then(() => new Promise<never>(() => {}))]);
  } finally {
    over.abort();
    await watching;
  }
}

async function lookAndFollow(api: string, milliseconds: number, signal: AbortSignal): Promise<void> {
  const looking = every(milliseconds, signal, async () => {
    await Promise.all(["inspect", "plan"].map((what) => read(`${api}/skein/${what}`, signal)));
  });
  await Promise.all([looking, follow(api, signal)]);
}

/** Follows what happens everywhere by one connection. */
async function follow(api: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(`${api}/skein/events?past=30&every=250ms`, { signal });
  if (!response.ok) throw new Error(await response.text());
  for await (const _ of response.body ?? []) { /* a reader keeps up */ }
}

async function read(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
}

async function every(milliseconds: number, signal: AbortSignal, action: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await action();
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
    });
  }
}
