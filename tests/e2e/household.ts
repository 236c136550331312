/**
 * Devices of somebody at home, each with two terminals, its own home folder and, where root allows, a network namespace and a
 * host name of its own; elsewhere they share this machine's loopback. What is typed is what the README says, to the letter.
 */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { launcherPath } from "../../cli/launcher-path.ts";
import { networkLacks, startNetwork } from "../chaos/network.ts";
import { withFolder } from "../models/temporary.ts";
import { ended } from "./local-mesh.ts";
import { openTerminal, type TestTerminal } from "./tmux.ts";

const [COLUMNS, ROWS] = [110, 40];
/** How long a screen may take to say something: a model is compiled and loaded meanwhile, on a machine that is busy. */
const PATIENCE_MILLISECONDS = 30_000;
const LOOK_MILLISECONDS = 100;
/** Machines that others use too: tests run beside this one. */
const UP_OPTIONS = "--threads 1 --no-yield";
/** How much slower than this machine the first device is, so that an answer can be stopped; and the others, so that it is best. */
const [SLOWDOWN, OTHERS_SLOWDOWN] = [10, 30];
/** What a device without an address of its own needs besides. */
const SHARED_OPTIONS = "--no-mdns --listen /ip4/127.0.0.1/tcp/0 --api 127.0.0.1:0";

/** A terminal of a device, in which `skein` is what is installed there. */
export interface DeviceTerminal extends Pick<TestTerminal, "press" | "type"> {
  /** Empties the screen, types a line, and waits for what it says. */
  enter(line: string, ...says: readonly RegExp[]): Promise<string>;
  /** The screen, with the lines that the terminal broke put together and no spaces at their ends, once it says all of this. @throws with the screen */
  until(...says: readonly RegExp[]): Promise<string>;
  /** The screen, as `until` has it. */
  text(): Promise<string>;
}

/** A device at home. */
export interface HomeDevice {
  readonly name: string;
  /** Its data folder, at the place where Skein makes it by itself. */
  readonly data: string;
  /** Where its daemon runs. */
  readonly console: DeviceTerminal;
  /** Where its owner types meanwhile. */
  readonly shell: DeviceTerminal;
  /** As a power cut does it: its daemon is gone without a word, and the prompt is back. */
  cutPower(): Promise<void>;
}

/** Runs `visit` with devices of these names, and takes them and all of theirs away afterwards. */
export async function withHousehold<const Names extends readonly string[]>(
  names: Names,
  visit: (devices: { readonly [Name in keyof Names]: HomeDevice }, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    await using made = new AsyncDisposableStack();
    const network = networkLacks() === undefined ? made.use(await startNetwork(names.length)) : undefined;
    const devices: HomeDevice[] = [];
    for (const [index, name] of names.entries()) {
      const home = join(folder, name);
      await install(home, name, index === 0 ? SLOWDOWN : OTHERS_SLOWDOWN, network?.places[index]?.node);
      const data = join(home, ".local", "share", "skein");
      // Before its terminals close, or what they hang up would still be there.
      const [console, shell] = [await sitDown(home, made), await sitDown(home, made)];
      made.defer(() => kill(data));
      devices.push({
        ...{ name, data, console, shell },
        async cutPower() {
          await kill(data);
          await console.until(/\$$/);
        },
      });
    }
    await visit(devices as { [Name in keyof Names]: HomeDevice }, folder);
  });
}

/** Puts `skein` into a home folder; `node` runs Node where the device is. */
async function install(home: string, name: string, slowdown: number, node: string | undefined): Promise<void> {
  const own = node === undefined ? `${SHARED_OPTIONS} --name ${name}` : "";
  const options = `${UP_OPTIONS} --slowdown ${slowdown} ${own}`;
  const program = node === undefined
    ? `exec ${process.env["SKEIN_NODE"] ?? "node"} ${launcherPath()} "$@"`
    : `exec unshare --uts sh -c 'hostname ${name} && exec ${node} ${launcherPath()} "$@"' skein "$@"`;
  await mkdir(join(home, "bin"), { recursive: true });
  const path = join(home, "bin", "skein");
  await writeFile(
    path,
    `#!/bin/sh
unset SKEIN_STATE_DIR XDG_DATA_HOME XDG_STATE_HOME HF_HOME
export HOME=${home} NO_COLOR=1
case "$1" in up) shift; set -- up ${options} "$@";; esac
${program}
`,
  );
  await chmod(path, 0o755);
}

/** Opens a terminal on a device. */
async function sitDown(home: string, made: AsyncDisposableStack): Promise<DeviceTerminal> {
  const terminal = made.use(await openTerminal(COLUMNS, ROWS));
  const text = async () => (await terminal.text()).split("\n").map((line) => line.trimEnd()).join("\n").trimEnd();
  const until = async (...says: readonly RegExp[]): Promise<string> => {
    // Counted, not timed: where all of this is suspended for a while, that is no fault of the screen.
    for (let looks = 0;; looks++) {
      const shown = await text();
      const missing = says.filter((sentence) => !sentence.test(shown));
      if (missing.length === 0) return shown;
      if (looks * LOOK_MILLISECONDS > PATIENCE_MILLISECONDS) {
        throw new Error(`The screen does not say ${missing.join(" or ")}:\n${shown}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
    }
  };
  // Without job control, what is suspended and goes on is still in front.
  await terminal.type(`set +m; export PATH=${home}/bin:$PATH`);
  return {
    ...{ press: terminal.press, type: terminal.type, text, until },
    async enter(line, ...says) {
      await terminal.type("clear");
      await until(/^\$$/);
      await terminal.type(line);
      return await until(...says);
    },
  };
}

async function kill(data: string): Promise<void> {
  const record = await readFile(join(data, "daemon.json"), "utf8").catch(() => undefined);
  if (record === undefined) return;
  const { pid } = JSON.parse(record) as { pid: number };
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return;
  }
  await ended(pid);
}
