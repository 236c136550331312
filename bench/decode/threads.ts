/** What each thread of a process costs, from Linux's /proc: where time goes that no answer shows. */
import { readdir, readFile } from "node:fs/promises";

/** Kinds of threads that Deno and Node have: JavaScript, workers with the kernels' pool, V8's helpers, files and sockets. */
export const threadKinds = ["main", "workers", "V8", "I/O", "other"] as const;
export type ThreadKind = (typeof threadKinds)[number];

/** Milliseconds of processor time by kind of thread. */
export type ThreadTimes = Readonly<Record<ThreadKind, number>>;

/** Time on a processor of each thread since it began. */
export type Snapshot = ReadonlyMap<
  string,
  { readonly kind: ThreadKind; readonly milliseconds: number }
>;

/** Reads what the threads of these processes have used so far. A process that is gone, or no /proc, gives nothing. */
export async function readThreads(pids: readonly number[]): Promise<Snapshot> {
  const threads = new Map<string, { kind: ThreadKind; milliseconds: number }>();
  await Promise.all(pids.map(async (pid) => {
    const ids = await readdir(`/proc/${pid}/task`).catch(() => []);
    await Promise.all(ids.map(async (id) => {
      const folder = `/proc/${pid}/task/${id}`;
      // A thread may end between the listing and this.
      const [name, schedule] = await Promise.all(
        [`${folder}/comm`, `${folder}/schedstat`].map((path) => {
          return readFile(path, "utf8").catch(() => undefined);
        }),
      );
      if (name === undefined || schedule === undefined) return;
      const kind = Number(id) === pid ? "main" : kindOf(name.trim());
      threads.set(`${pid}/${id}`, {
        kind,
        milliseconds: Number(schedule.split(" ")[0]) / 1e6,
      });
    }));
  }));
  return threads;
}

/** What was used between two snapshots; threads that began in between count whole. */
export function usedBetween(before: Snapshot, after: Snapshot): ThreadTimes {
  const used: Record<ThreadKind, number> = {
    main: 0,
    workers: 0,
    V8: 0,
    "I/O": 0,
    other: 0,
  };
  for (const [thread, { kind, milliseconds }] of after) {
    used[kind] += milliseconds - (before.get(thread)?.milliseconds ?? 0);
  }
  return used;
}

/** The names that Deno and Node give to their threads; a thread made by native code has its maker's. */
function kindOf(name: string): ThreadKind {
  if (/^(worker-|WorkerThread)/.test(name)) return "workers";
  if (/^(V8|DelayedTask)/.test(name)) return "V8";
  if (/^(tokio|libuv)/.test(name)) return "I/O";
  return "other";
}
