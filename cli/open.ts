/** skein open: the daemon's page, in the browser of this machine. */
import { spawn } from "node:child_process";
import process from "node:process";
import { findApi } from "./api-client.ts";
import { parseCommand } from "./command.ts";

export const USAGE =
  `skein open [options]: open the page of this machine's daemon in the browser: a chat, the mesh, what happens in it.
Its address is printed, for where there is no browser.

  --api URL           the daemon whose page it is (default: the one on this machine)
  --print             print the address only
`;

/** How long an opener may take to say that it cannot; one that waits for its browser has succeeded by then. */
const OPENER_MILLISECONDS = 3000;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(args, { api: { type: "string" }, print: { type: "boolean", default: false } }, USAGE);
  const page = `${await findApi(values.api)}/`;
  process.stdout.write(`${page}\n`);
  if (values.print) return 0;
  if (!await opened(page)) process.stderr.write("No browser could be started here; open the address in one.\n");
  return 0;
}

/** The program that opens an address in the browser that its user has chosen, and its arguments. */
export function openerOf(platform: string, page: string): readonly [string, ...string[]] {
  switch (platform) {
    case "darwin":
      return ["open", page];
    case "win32":
      // No shell: it would read "&" in an address as its own.
      return ["rundll32", "url.dll,FileProtocolHandler", page];
    default:
      return ["xdg-open", page];
  }
}

function opened(page: string): Promise<boolean> {
  const [program, ...args] = openerOf(process.platform, page);
  return new Promise((resolve) => {
    const opener = spawn(program, args, { stdio: "ignore", detached: true });
    const timer = setTimeout(() => resolve(true), OPENER_MILLISECONDS);
    const end = (done: boolean): void => {
      clearTimeout(timer);
      resolve(done);
    };
    opener.once("error", () => end(false));
    opener.once("exit", (code) => end(code === 0));
    opener.unref();
  });
}
