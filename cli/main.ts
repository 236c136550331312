/** The command line: finds the command, runs it, and turns errors into a sentence and an exit code. */
import process from "node:process";
import { errorText } from "../runtime/error-text.ts";
import { CommandError } from "./command.ts";
import { commands } from "./commands.ts";
import { nearest } from "./nearest.ts";

const USAGE = `Skein runs one language model across the devices you own.

  skein up        start this device's daemon (--model PATH gives the mesh a model, --join - joins one)
  skein use       have the whole mesh serve another model
  skein invite    print an invite that lets another device in
  skein leave     this device leaves: others take over what it runs
  skein devices   show which devices are in the mesh, here or away
  skein forget    put a device out of the mesh
  skein ask       answer a prompt
  skein chat      talk with the model
  skein models    show the models on this disk, or delete them
  skein open      show the page of this device's daemon in the browser
  skein plan      show who runs what, or pin it
  skein inspect   show every device and its actors
  skein top       watch the mesh, live
  skein trace     where the time of an answer went, hop by hop
  skein logs      what the daemon has written down
  skein doctor    check this machine
  skein service   run the daemon in the background, from log-in on
  skein uninstall  remove what Skein has made on this machine
  skein completion  print a script that completes commands in bash, zsh or fish
  skein demo      three daemons on this machine, a model across them, an answer

Each takes --help; skein --version. Exit codes: 0 done, 1 failed, 2 used wrongly, 130 cancelled.
`;

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) return await (await import("./overview.ts")).run();
  if (name === "help" && args[0] !== undefined) return await main([args[0], "--help"]);
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (name === "--version") {
    const { default: { version } } = await import("../package.json", { with: { type: "json" } });
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (name === "completion") return await (await import("./completion.ts")).run(args, commands);
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    const near = nearest(name, [...Object.keys(commands), "completion"]);
    const hint = near === undefined ? "See skein --help." : `Did you mean skein ${near}? See skein --help.`;
    throw new CommandError(`There is no command "${name.slice(0, 50)}". ${hint}`, 2);
  }
  return await (await load()).run(args);
}

// Whoever read the output may leave (a pipe to head): a daemon goes on without them.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const message = errorText(error);
  process.stderr.write(`skein: ${message}\n`);
  if (process.env["SKEIN_DEBUG"] !== undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = error instanceof CommandError ? error.exitCode : 1;
}
// Sockets of a fetch that was kept alive must not keep the command alive.
process.exit();
