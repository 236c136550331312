/** A terminal that a test looks at and types into: tmux has it, of any size, and says what stands on its screen. */
import { execFile, spawnSync } from "node:child_process";
import process from "node:process";

/** How long the screen may take to show what is waited for. */
const PATIENCE_MILLISECONDS = 30_000;
const LOOK_MILLISECONDS = 100;

/** Whether this machine has tmux. */
export const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

/** A shell in a terminal. */
export interface TestTerminal extends AsyncDisposable {
  /** Types keys, by tmux's names for them; letters stand for themselves. */
  press(...keys: readonly string[]): Promise<void>;
  /** Types a line and Enter. */
  type(line: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** What stands on the screen. */
  screen(): Promise<string>;
  /** The same, with the lines that were too long for it in one piece. */
  text(): Promise<string>;
  /** The screen, once it shows this. @throws with the screen where it does not in time. */
  until(shows: RegExp): Promise<string>;
  /** A figure that tmux knows of its terminal, such as "alternate_on". */
  figure(name: string): Promise<string>;
}

let opened = 0;

/** Opens a terminal with a plain shell, whose prompt is "$ ". */
export async function openTerminal(columns: number, rows: number): Promise<TestTerminal> {
  const socket = `skein-test-${process.pid}-${++opened}`;
  const tmux = (...args: readonly string[]) =>
    new Promise<string>((resolve, reject) => {
      execFile("tmux", ["-L", socket, "-f", "/dev/null", ...args], (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(error);
      });
    });
  const shell = ["env", "PS1=$ ", "LC_ALL=C.UTF-8", "sh"];
  await tmux("new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, ...shell);
  const screen = () => tmux("capture-pane", "-p");
  const terminal: TestTerminal = {
    press: async (...keys) => void await tmux("send-keys", ...keys),
    async type(line) {
      await tmux("send-keys", "-l", line);
      await tmux("send-keys", "Enter");
    },
    resize: async (columns, rows) => void await tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`),
    screen,
    text: () => tmux("capture-pane", "-p", "-J"),
    async until(shows) {
      const deadline = Date.now() + PATIENCE_MILLISECONDS;
      for (;;) {
        const shown = await screen();
        if (shows.test(shown)) return shown;
        if (Date.now() > deadline) throw new Error(`The screen does not show ${shows}:\n${shown}`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
      }
    },
    figure: async (name) => (await tmux("display-message", "-p", `#{${name}}`)).trim(),
    async [Symbol.asyncDispose]() {
      await tmux("kill-server").catch(() => {});
    },
  };
  await terminal.until(/\$/);
  return terminal;
}
