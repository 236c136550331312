/** skein demo (npm start): three daemons on this machine, a model across them, an answer streamed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { launchDaemon, type LaunchedDaemon } from "./launch.ts";
import { commandName } from "./command-name.ts";
import { CommandError, numberOption, parseCommand } from "./command.ts";
import { routes } from "../actors/gateway/api.ts";
import { call } from "./api-client.ts";
import { run as ask } from "./ask.ts";
import { run as plan } from "./plan.ts";

export const USAGE = `skein demo [options] ["PROMPT"]: three daemons on this machine, a model across them, an answer.
Through npm: npm start, or npm start -- --model PATH

  --model PATH        a GGUF file or a Hugging Face folder (default: the small model that comes with Skein)
  --raw               continue the prompt as it is, without the model's chat template
  --devices N         how many daemons (default 3)
  --once              stop after the answer (default: stay up until Ctrl-C)
`;

/** What is asked where nothing is: of the built-in model, and of any other, whose chat manners are not known. */
const PROMPTS = { builtin: "Tell me a story about a fox and a lost key.", other: "Once upon a time" } as const;

/** How long the daemons may take to have a plan: a large model is compiled first. */
const PLAN_MILLISECONDS = 300_000;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(
    args,
    {
      model: { type: "string", default: "builtin" },
      raw: { type: "boolean", default: false },
      devices: { type: "string", default: "3" },
      once: { type: "boolean", default: false },
    },
    USAGE,
    1,
  );
  const count = numberOption("devices", values.devices, { min: 1, max: 16, integer: true }) ?? 3;
  const leaving = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => leaving.abort());
  const folder = await mkdtemp(join(tmpdir(), "skein-demo-"));
  const daemons: LaunchedDaemon[] = [];
  try {
    await startDaemons(daemons, { count, folder, model: values.model, signal: leaving.signal });
    const [first, last] = [daemons[0], daemons.at(-1)];
    if (first === undefined || last === undefined) throw new RangeError("a demo has a device");
    process.stderr.write(`${count} daemons are up; APIs: ${daemons.map(({ ready }) => ready.api).join(", ")}\n`);
    await Promise.race([planned(first.ready.api, count, leaving.signal), first.failed]);
    await plan(["--api", first.ready.api]);
    process.stdout.write("\n");
    await askOnce(last.ready.api, positionals[0], values);
    if (!values.once) await stay(first.ready.api, leaving.signal);
    return 0;
  } catch (error) {
    if (leaving.signal.aborted) return 130;
    throw error;
  } finally {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

interface Starting {
  readonly count: number;
  readonly folder: string;
  readonly model: string;
  readonly signal: AbortSignal;
}

/** Starts the daemons, the first with the model, and adds them to `daemons`, also where one of them fails. */
async function startDaemons(daemons: LaunchedDaemon[], { count, folder, model, signal }: Starting): Promise<void> {
  const common = ["--api", "127.0.0.1:0", "--threads", "1", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns"];
  const start = (index: number, more: readonly string[], invite?: string) => {
    const name = `device-${index + 1}`;
    return launchDaemon([...common, "--name", name, "--data-dir", join(folder, name), ...more], {
      signal,
      ...(invite === undefined ? {} : { invite }),
    });
  };
  // One device would be faster for a small model, and the planner would say so: the demo is to show three at work.
  const first = await start(0, ["--model", model, "--objective", "even"]);
  daemons.push(first);
  const others = Array.from({ length: count - 1 }, async (_, index) => start(index + 1, [], await first.invite()));
  // All of them: those that start while another one fails are to be stopped too.
  const settled = await Promise.allSettled(others);
  for (const other of settled) if (other.status === "fulfilled") daemons.push(other.value);
  const failed = settled.find((other) => other.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Asks what was given, or what suits the model. */
async function askOnce(
  api: string,
  given: string | undefined,
  { model, raw }: { readonly model: string; readonly raw: boolean },
): Promise<void> {
  const builtin = model === "builtin";
  const prompt = given ?? PROMPTS[builtin ? "builtin" : "other"];
  const plain = raw || (!builtin && given === undefined);
  process.stdout.write(plain ? prompt : `> ${prompt}\n`);
  await ask(["--api", api, ...plain ? ["--raw"] : [], "--max-tokens", "120", "--temperature", "0", prompt]);
}

/** Stays up until the person leaves. */
function stay(api: string, signal: AbortSignal): Promise<void> {
  const skein = commandName();
  process.stderr.write(
    `\nAsk more: ${skein} ask --api ${api} "…"   Look: ${skein} inspect --api ${api}   Ctrl-C stops all.\n`,
  );
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
}

/** Waits for a plan over all devices. */
async function planned(api: string, devices: number, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + PLAN_MILLISECONDS;
  let reason = "";
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    const { state } = await call(api, routes.plan, undefined, signal);
    if (
      state.type === "active" &&
      (state.plan.segments.length >= devices || state.plan.segments.length === state.plan.model.blocks)
    ) return;
    reason = state.type === "waiting" ? state.reason : "the plan does not use every device yet";
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new CommandError(`The daemons found no plan in ${PLAN_MILLISECONDS / 1000} seconds: ${reason}`);
}
