/** A device of a mesh as a process: the edge where actors meet files, sockets and threads. */
export { type Daemon, type DaemonEvent, type DaemonOptions, startDaemon } from "./daemon.ts";
export type { Instruments } from "./instruments.ts";
