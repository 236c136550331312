/** The commands, loaded when asked for, so that `ask` need not load what `up` needs. */

export interface CommandModule {
  /** What `--help` prints. */
  readonly USAGE: string;
  /** Runs it; the exit code. @throws {CommandError} */
  run(args: readonly string[]): Promise<number>;
}

export type Commands = Readonly<Record<string, () => Promise<CommandModule>>>;

export const commands: Commands = {
  up: () => import("./up.ts"),
  invite: () => import("./invite.ts"),
  leave: () => import("./leave.ts"),
  devices: () => import("./devices.ts"),
  forget: () => import("./forget.ts"),
  ask: () => import("./ask.ts"),
  chat: () => import("./chat.ts"),
  models: () => import("./models.ts"),
  use: () => import("./use.ts"),
  open: () => import("./open.ts"),
  plan: () => import("./plan.ts"),
  inspect: () => import("./inspect.ts"),
  top: () => import("./top.ts"),
  trace: () => import("./trace.ts"),
  logs: () => import("./logs.ts"),
  doctor: () => import("./doctor.ts"),
  service: () => import("./service.ts"),
  uninstall: () => import("./uninstall.ts"),
  demo: () => import("./demo.ts"),
};
