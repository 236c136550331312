/** The machine under the runtime: folders, running daemons, memory. The edge where platform APIs are touched. */
export { DataFolderError, defaultDataFolder, openDataFolder } from "./data-folder.ts";
export type { DataFolder } from "./data-folder.ts";
export { announceDaemon, findDaemons, stateFolder } from "./daemons.ts";
export type { DaemonRecord } from "./daemons.ts";
export { isAlive } from "./lock.ts";
export { latestLogFile, LogFile, logFiles, logFolder } from "./log-file.ts";
export { contentionMeter } from "./contention.ts";
export type { ContentionReading } from "./contention.ts";
export { readFreeDisk, readMemory } from "./memory.ts";
export type { MemoryReading } from "./memory.ts";
export { ListenError, serveHttp } from "./http-server.ts";
export type { HttpServer } from "./http-server.ts";
export { hardwareKey, readSensors } from "./sensors.ts";
export type { SensorReading } from "./sensors.ts";
