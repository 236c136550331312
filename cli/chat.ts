/** skein chat: a conversation in the terminal. */
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { routes } from "../actors/gateway/api.ts";
import { errorText } from "../runtime/error-text.ts";
import { askFor, cutShort } from "./answer-request.ts";
import { type ReadAnswer, summaryOf } from "./answer-stream.ts";
import { ApiError, call, findApi } from "./api-client.ts";
import { CHAT_HELP, type Line, readLine } from "./chat/commands.ts";
import { Conversation } from "./chat/conversation.ts";
import { ChatInput } from "./chat/input.ts";
import { MarkdownStyler } from "./chat/markdown.ts";
import { CommandError, parseCommand } from "./command.ts";
import { describePlan } from "./plan-output.ts";
import { readText } from "./prompt-input.ts";
import { describeLevel, readSlo, SLO_USAGE, sloBody } from "./slo-option.ts";
import { SAMPLING_OPTIONS, SAMPLING_USAGE, samplingOf } from "./sampling-options.ts";

export const USAGE = `skein chat [options]: talk with the model. Ctrl-C stops an answer, Ctrl-D leaves.

  --system TEXT       tell the model how to answer
  --api URL           the daemon to ask (default: the one on this machine)
${SAMPLING_USAGE}${SLO_USAGE}  --plain             show answers as they come, without styles for Markdown

In the chat:
${CHAT_HELP}`;

/** A chat under way. */
interface Chat {
  readonly api: string;
  readonly conversation: Conversation;
  readonly sampling: ReturnType<typeof samplingOf>;
  readonly input: ChatInput;
  readonly styled: boolean;
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const options = {
    api: { type: "string" },
    system: { type: "string" },
    ...SAMPLING_OPTIONS,
    slo: { type: "string" },
    plain: { type: "boolean", default: false },
  } as const;
  const { values } = parseCommand(args, options, USAGE);
  const sampling = { ...samplingOf(values), ...sloBody(readSlo(values.slo)) };
  const api = await findApi(values.api);
  process.stderr.write(`${await greeting(api)}\n`);
  using input = new ChatInput();
  const styled = !values.plain && process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined;
  const chat: Chat = { api, conversation: new Conversation(values.system), sampling, input, styled };
  for (;;) {
    const text = await input.next();
    if (text === undefined) break;
    const line = readLine(text);
    if (line.type === "leave") return 0;
    await obey(line, chat).catch((error) => {
      // The chat goes on: a typing error, or a mesh that is away for a moment, must not cost the conversation.
      if (!(error instanceof CommandError)) throw error;
      process.stderr.write(`${errorText(error)}\n`);
    });
  }
  process.stdout.write("\n");
  return 0;
}

async function greeting(api: string): Promise<string> {
  const { state } = await call(api, routes.plan);
  if (state.type === "waiting") return `The mesh is not ready yet: ${state.reason}\n/help shows what there is`;
  const route = state.plan.segments.map(({ name }) => name).join(" > ");
  return `${state.plan.model.name} on ${route}    /help  Ctrl-C stops an answer, Ctrl-D leaves`;
}

async function obey(line: Exclude<Line, { type: "leave" }>, chat: Chat): Promise<void> {
  const { conversation } = chat;
  switch (line.type) {
    case "nothing":
      return;
    case "say":
      conversation.say(line.text);
      return await answer(chat);
    case "again":
      if (conversation.again()) return await answer(chat);
      throw new CommandError("There is no answer yet to give anew.");
    case "help":
      return say(CHAT_HELP.trimEnd());
    case "mistake":
      throw new CommandError(`${line.message}.`);
    case "system":
      if (line.text !== "") conversation.system = line.text;
      return say(conversation.system === "" ? "There are no instructions." : `Instructions: ${conversation.system}`);
    case "file": {
      const text = await readText(line.path);
      conversation.attach(text);
      return say(`${line.path}, ${text.length} characters, goes along with the next message.`);
    }
    case "clear":
      conversation.clear();
      return say("What was said is forgotten.");
    case "plan":
      return say(describePlan(await call(chat.api, routes.plan)).trimEnd());
    case "save":
      await writeFile(line.path, conversation.transcript(), { mode: 0o600 }).catch((error) => {
        throw new CommandError(`The conversation could not be written: ${errorText(error)}.`);
      });
      return say(`Written to ${line.path}.`);
    default:
      return line satisfies never;
  }
}

/** Has the last message answered, and keeps the answer as far as it came. */
async function answer(chat: Chat): Promise<void> {
  const { conversation, sampling } = chat;
  let text = "";
  try {
    const read = await follow(chat, (piece) => text += piece);
    const short = cutShort(read, sampling.max_tokens);
    process.stderr.write(dim(chat, `${short === undefined ? "" : `${short}\n`}${summaryOf(read.details)}`));
    const level = describeLevel(read.details);
    if (level !== undefined) process.stderr.write(dim(chat, level));
  } finally {
    conversation.answer(text);
  }
}

/** Asks, and asks again without the oldest messages where the context does not hold all. */
async function follow(chat: Chat, onText: (text: string) => void): Promise<ReadAnswer> {
  const { api, conversation, sampling, input } = chat;
  for (;;) {
    const stopping = new AbortController();
    const calm = input.onInterrupt(() => stopping.abort());
    const styler = chat.styled ? new MarkdownStyler() : undefined;
    try {
      return await askFor({
        api,
        body: { messages: conversation.sent(), ...sampling },
        signal: stopping.signal,
        onText(text) {
          onText(text);
          process.stdout.write(styler?.push(text) ?? text);
        },
      });
    } catch (error) {
      if (stopping.signal.aborted) throw new CommandError("stopped");
      const isFull = error instanceof ApiError && error.code === "context_length_exceeded";
      if (!isFull || !conversation.forget()) throw error;
      process.stderr.write(dim(chat, "The context is full: the oldest messages are left out from now on."));
    } finally {
      calm();
      process.stdout.write(`${styler?.end() ?? ""}\n`);
    }
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function dim({ styled }: Chat, text: string): string {
  return styled ? `\x1b[2m${text}\x1b[22m\n` : `${text}\n`;
}
