/** Says what an answer waits for, when it takes longer than a moment. */
import process from "node:process";
import { routes } from "../actors/gateway/api.ts";
import { call } from "./api-client.ts";

/** Silence that needs no word. */
const PATIENCE_MILLISECONDS = 1000;
/** How often the reason is asked for after that. */
const LOOK_MILLISECONDS = 1000;

/**
 * Watches over an answer that has not begun: after a second it says on stderr what the mesh waits for, whenever that is news.
 * On a terminal the word overwrites itself. Returns what ends it, and takes its word away.
 */
export function waitAloud(api: string): () => void {
  const terminal = process.stderr.isTTY === true;
  const ending = new AbortController();
  let told = "";
  const say = (text: string): void => {
    if (text === told || ending.signal.aborted) return;
    process.stderr.write(terminal ? `\r\x1b[K${text}` : `${text}\n`);
    told = text;
  };
  const look = async (): Promise<void> => {
    const health = await call(api, routes.health, undefined, ending.signal).catch(() => undefined);
    if (health === undefined) say("waiting for the daemon to answer…");
    else if (health.ready) say("waiting: the prompt is being read, or other answers come first…");
    else say(`waiting: ${health.reason ?? "the mesh has no plan yet"}`);
    if (!ending.signal.aborted) timer = setTimeout(look, LOOK_MILLISECONDS);
  };
  let timer = setTimeout(look, PATIENCE_MILLISECONDS);
  return () => {
    if (ending.signal.aborted) return;
    clearTimeout(timer);
    if (terminal && told !== "") process.stderr.write("\r\x1b[K");
    ending.abort();
  };
}
