/** Reads a streamed completion as a client does, and keeps what there is to know of it. */

/** An answer as far as it came. */
export interface StreamRead {
  readonly text: string;
  /** When the request was sent, then when each piece of text came; milliseconds of `performance.now`. */
  readonly times: readonly number[];
  /** Tokens of the answer, by the daemon's own count; 0 where it did not end well. */
  readonly tokens: number;
  /** Conversations that it took: more than one where it was taken up again. 0 where it did not end well. */
  readonly conversations: number;
  /** Why the answer ended; undefined where it did not, or not well. */
  readonly finish: string | undefined;
  /** What went wrong: an error's words, or that the connection broke. */
  readonly error: string | undefined;
}

/** How a stream is read. */
export interface ReadStreamOptions {
  /** Hears that the prompt has been taken: its prefill begins. */
  readonly onStart?: () => void;
  /** Hears how many pieces there are, after each. */
  readonly onPiece?: (count: number) => void;
  /** Gives up reading. */
  readonly signal?: AbortSignal;
}

/** A line of the stream, as far as it is looked at. */
interface Chunk {
  readonly choices?: readonly {
    readonly text: string;
    readonly finish_reason: string | null;
  }[];
  readonly error?: { readonly message: string };
  readonly skein?: {
    readonly conversations: number;
    readonly completion_tokens: number;
  };
}

/** Streams a completion of `request`, which has the fields of OpenAI's. Errors are part of what is returned. */
export async function readStream(
  api: string,
  request: object,
  { onStart = () => {}, onPiece = () => {}, signal }: ReadStreamOptions = {},
): Promise<StreamRead> {
  const read = new Reading(onPiece);
  try {
    const response = await fetch(`${api}/v1/completions`, {
      method: "POST",
      body: JSON.stringify({ ...request, stream: true }),
      ...signal === undefined ? {} : { signal },
    });
    if (!response.ok) read.take(await response.json() as Chunk);
    else {
      onStart();
      await read.all(response);
    }
  } catch (error) {
    read.error ??= `the connection broke: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { text, times, tokens, conversations, finish } = read;
  const error = read.error ??
    (finish === undefined ? "the stream ended without an end" : undefined);
  return { text, times, tokens, conversations, finish, error };
}

class Reading {
  readonly times = [performance.now()];
  readonly #onPiece: (count: number) => void;
  text = "";
  tokens = 0;
  conversations = 0;
  finish: string | undefined;
  error: string | undefined;

  constructor(onPiece: (count: number) => void) {
    this.#onPiece = onPiece;
  }

  async all(response: Response): Promise<void> {
    let rest = "";
    for await (
      const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []
    ) {
      const lines = (rest + part).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("data: {")) {
          this.take(JSON.parse(line.slice(6)) as Chunk);
        }
      }
    }
  }

  take({ choices = [], error, skein }: Chunk): void {
    this.error ??= error?.message;
    this.tokens = skein?.completion_tokens ?? this.tokens;
    this.conversations = skein?.conversations ?? this.conversations;
    const [choice] = choices;
    this.finish = choice?.finish_reason ?? this.finish;
    if (choice === undefined || choice.text === "") return;
    this.text += choice.text;
    this.times.push(performance.now());
    this.#onPiece(this.times.length - 1);
  }
}
