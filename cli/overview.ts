/** skein alone: what runs on this machine, and what to type next. */
import process from "node:process";
import { routes } from "../actors/gateway/api.ts";
import { findDaemons } from "../runtime/host/mod.ts";
import { call } from "./api-client.ts";

const BEGIN = `No daemon of Skein runs on this machine.

  skein up --model builtin     start one with the small model that comes along
  skein up --model PATH        …with a GGUF file or a Hugging Face folder
  skein up --join INVITE       …and join the mesh of another device (there: skein invite)
  skein --help                 all commands
`;

const GO_ON = `
  skein chat                   talk with the model
  skein ask PROMPT             one answer
  skein invite                 let another device in
  skein plan, skein inspect    who runs what
  skein --help                 all commands
`;

/** Runs the command. */
export async function run(): Promise<number> {
  const daemons = await findDaemons();
  if (daemons.length === 0) {
    process.stdout.write(BEGIN);
    return 0;
  }
  for (const { name, api } of daemons) process.stdout.write(`${name} is up at ${api}: ${await standing(api)}\n`);
  process.stdout.write(GO_ON);
  return 0;
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
