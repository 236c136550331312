/** Asks a daemon for an answer, as a client does, and looks at the clock. */
import type { Task } from "../../training/generator/mod.ts";
import type { LocalMesh } from "../../tests/e2e/local-mesh.ts";

/** How fast the answer must be, as the API takes it. */
export type Slo = Readonly<Partial<Record<"ttft_ms" | "tpot_ms" | "ttft" | "tpot", number>>>;

/** An answer as a client saw it, times in milliseconds. */
export interface Seen {
  readonly text: string;
  readonly ttft: number;
  /** NaN of an answer of one token. */
  readonly tpot: number;
  /** "2/4"; "all" where nothing was said of levels. */
  readonly level: string;
}

/** Tokens: the longest right answers have about 50. */
const LONGEST_ANSWER = 70;
/** An answer that has not ended by then is an error. */
const PATIENCE_MILLISECONDS = 120_000;

/** Asks the first daemon, for the likeliest tokens. @throws where the answer fails or does not end. */
export async function ask(mesh: LocalMesh, { prompt }: Task, slo: Slo | undefined): Promise<Seen> {
  const began = performance.now();
  const response = await fetch(`${mesh.api(0)}/v1/chat/completions`, {
    method: "POST",
    signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    body: JSON.stringify({
      messages: [{ role: "user", content: prompt }],
      max_tokens: LONGEST_ANSWER,
      temperature: 0,
      stream: true,
      ...slo === undefined ? {} : { slo },
    }),
  });
  if (!response.ok) throw new Error(await response.text());
  const [arrivals, pieces]: [number[], string[]] = [[], []];
  let rest = "";
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const content of lines.flatMap(contentOf)) {
      arrivals.push(performance.now() - began);
      pieces.push(content);
    }
  }
  const [first = NaN] = arrivals;
  return {
    text: pieces.join(""),
    ttft: first,
    tpot: arrivals.length < 2 ? NaN : ((arrivals.at(-1) ?? NaN) - first) / (arrivals.length - 1),
    level: response.headers.get("x-skein-level") ?? "all",
  };
}

/** The text that a line of the stream brings, if it brings any. */
function contentOf(line: string): string[] {
  if (!line.startsWith("data: {")) return [];
  const chunk = JSON.parse(line.slice("data: ".length)) as { choices?: { delta?: { content?: string } }[] };
  const content = chunk.choices?.[0]?.delta?.content;
  return content === undefined || content === "" ? [] : [content];
}
