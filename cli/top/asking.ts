/** What keys ask of the mesh, done: each gives what is to be said of it. */
import { renderUnicodeCompact } from "uqr";
import { routes } from "../../actors/gateway/api.ts";
import { decodeInvite } from "../../runtime/mesh/mod.ts";
import { findDaemons } from "../../runtime/host/mod.ts";
import { readAnswer, summaryOf } from "../answer-stream.ts";
import { call, lines, request } from "../api-client.ts";
import { CommandError } from "../command.ts";
import { callAsOwner } from "../owner.ts";
import { describeStudy } from "../plan-output.ts";
import { timeOfDay } from "./numbers.ts";
import { sentenceOf, splitChange } from "./study.ts";
import type { Part } from "./parts.ts";
import type { Wish } from "./wish.ts";

/** So long a border rests before the leader is asked: it solves a problem for each question. */
const REST_MILLISECONDS = 300;
/** Longer than the leader may think. */
const STUDY_MILLISECONDS = 30_000;
const PIN_MILLISECONDS = 10_000;
/** Tokens of an answer: what there is room for on a screen. */
const MOST_TOKENS = 400;

/** What is asked, of which daemon, and who hears what comes before all is said. */
export interface Asked {
  readonly api: string;
  readonly signal: AbortSignal;
  readonly onText: (text: string) => void;
  /** Whether the terminal shows more than ASCII: QR codes are drawn with it. */
  readonly unicode: boolean;
}

/** Does what is wished; what is to be said of it in the end. @throws where it cannot be done, in words. */
export async function grant(wish: Exclude<Wish, { type: "quit" | "drop" }>, asked: Asked): Promise<string> {
  switch (wish.type) {
    case "wonder": {
      const study = await ask(asked, [`-device:${wish.device}`]);
      return `${sentenceOf(study, `Without ${wish.name}`)}\n\n${describeStudy(study, false)}`;
    }
    case "study": {
      await rest(REST_MILLISECONDS, asked.signal);
      return sentenceOf(await ask(asked, [splitChange(wish.parts)]), "With this split");
    }
    case "pin":
      return await pin(wish.parts, asked);
    case "invite":
      return await invite(asked);
    case "ask":
      return await answerTo(wish.prompt, asked);
    default:
      return wish satisfies never;
  }
}

function ask({ api, signal }: Asked, changes: string[]) {
  return call(api, routes.study, { changes }, within(signal, STUDY_MILLISECONDS));
}

async function pin(parts: readonly Part[] | null, { api, signal }: Asked): Promise<string> {
  const split = parts === null ? null : parts.map(({ device, blocks }) => ({ device, blocks }));
  await call(api, routes.pin, { split }, within(signal, PIN_MILLISECONDS));
  return parts === null
    ? "Left to the planner again; devices load their blocks, and its plan comes into force then."
    : "Pinned; devices load their blocks, and the plan above changes once they have them.";
}

async function invite({ api, unicode }: Asked): Promise<string> {
  const daemon = (await findDaemons()).find((record) => record.api === api);
  if (daemon === undefined) {
    throw new CommandError(
      `The daemon at ${api} does not run on this machine, so its owner's key is not here: skein invite there.`,
    );
  }
  const { invite } = await callAsOwner(daemon, routes.invite, {});
  const until = timeOfDay(decodeInvite(invite).expiresAt).slice(0, 5);
  return `For one device, until ${until}. There: skein up --join -    and paste this:\n${invite}\n` +
    (unicode ? renderUnicodeCompact(invite, { border: 1 }) : "");
}

/** The answer as it comes, to `onText`; in the end with how it went. */
async function answerTo(prompt: string, { api, signal, onText }: Asked): Promise<string> {
  const response = await request(api, "/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ role: "user", content: prompt }], max_tokens: MOST_TOKENS, stream: true }),
    signal,
  });
  let text = "";
  const { details } = await readAnswer(lines(response), (more) => onText(text += more));
  return `${text}\n\n${summaryOf(details)}`;
}

function within(signal: AbortSignal, milliseconds: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
}

function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
