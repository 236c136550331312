/** What runs programs in the background on a platform, and how it is told to run this one. Pure: texts and commands. */

/** What is to be run. */
export interface ServiceSpec {
  /** Program and arguments, the program's path absolute. */
  readonly command: readonly string[];
  /** Variables that the daemon needs beside its user's. */
  readonly environment: Readonly<Record<string, string>>;
  /** The user's home folder. */
  readonly home: string;
  /** The environment of whoever installs it, for the platform's folders. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A command to run, with its arguments. */
export type Command = readonly [program: string, ...args: string[]];

export interface ServiceManager {
  /** For people. */
  readonly name: string;
  /** Where the service's file is, and what stands in it. */
  file(spec: ServiceSpec): { readonly path: string; readonly text: string };
  /** After the file has been written. */
  start(path: string): readonly Command[];
  readonly status: Command;
  stop(path: string): readonly Command[];
  /** Before the file is removed, and after. */
  remove(path: string): { readonly before: readonly Command[]; readonly after: readonly Command[] };
  /** Shows what the daemon said before it had a log, such as why it could not start. */
  complaints(home: string): Command;
  /** Files that the platform wrote for it. */
  leaves(home: string): readonly string[];
  /** What people should know, a line each. */
  readonly notes: readonly string[];
}
