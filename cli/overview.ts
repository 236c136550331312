/** skein alone: what runs on this machine, and what to type next. */
import process from "node:process";
import { routes } from "../actors/gateway/api.ts";
import { findDaemons } from "../runtime/host/mod.ts";
import { call } from "./api-client.ts";
import { commandName } from "./command-name.ts";

/** What to type where nothing runs, and what it does. */
const BEGIN = [
  ["up --model builtin", "start one with the small model that comes along"],
  ["up --model PATH", "…with a GGUF file or a Hugging Face folder"],
  ["up --join -", "…and join the mesh of another device (there: skein invite)"],
  ["--help", "all commands"],
] as const;

const GO_ON = [
  ["chat", "talk with the model"],
  ["ask PROMPT", "one answer"],
  ["invite", "let another device in"],
  ["plan", "who runs what"],
  ["inspect", "every device and its actors"],
  ["--help", "all commands"],
] as const;

/** Runs the command. */
export async function run(): Promise<number> {
  const daemons = await findDaemons();
  if (daemons.length === 0) {
    process.stdout.write(`No daemon of Skein runs on this machine.\n\n${linesOf(BEGIN)}`);
    return 0;
  }
  for (const { name, api } of daemons) process.stdout.write(`${name} is up at ${api}: ${await standing(api)}\n`);
  process.stdout.write(`\n${linesOf(GO_ON)}`);
  return 0;
}

function linesOf(commands: readonly (readonly [args: string, what: string])[]): string {
  const typed = commands.map(([args, what]) => [`${commandName()} ${args}`, what] as const);
  const width = Math.max(...typed.map(([command]) => command.length));
  return typed.map(([command, what]) => `  ${command.padEnd(width)}   ${what}\n`).join("");
}

/** How the mesh stands, in a sentence. */
async function standing(api: string): Promise<string> {
  const view = await call(api, routes.plan).catch(() => undefined);
  if (view === undefined) return "it does not answer";
  const { state } = view;
  if (state.type === "waiting") return state.reason;
  const { model, segments } = state.plan;
  return `${model.name} on ${segments.map(({ name }) => name).join(" > ")}`;
}
