/** An answer as it is written. */
import { chunks, post } from "./api.js";
import { requestOf } from "./conversations.js";
import { tokensCame } from "./tokens.js";
import { useEffect, useRef, useState } from "./vendor/htm-preact.js";

/** How often a growing answer is drawn, milliseconds. */
const DRAW_MILLISECONDS = 80;

/** The answer that is being written, if any. */
export function useAnswering() {
  const [on, setOn] = useState(false);
  const running = useRef(undefined);
  const stop = () => running.current?.abort();
  useEffect(() => stop, []);
  return {
    on,
    stop,
    async start(conversation, model, onTurns) {
      stop();
      const mine = running.current = new AbortController();
      setOn(true);
      await write(conversation, model, onTurns, mine.signal);
      if (running.current !== mine) return;
      running.current = undefined;
      setOn(false);
    },
  };
}

/** Asks, and calls `onTurns` with all that was said as the answer grows. Whatever goes wrong is told within it. */
async function write(conversation, model, onTurns, signal) {
  let turn = { role: "assistant", content: "" };
  let drawn = 0;
  const draw = (more) => {
    turn = { ...turn, ...more };
    drawn = performance.now();
    onTurns([...conversation.turns, turn]);
  };
  draw({});
  let content = "";
  try {
    const request = requestOf(conversation, model);
    for await (const chunk of chunks(await post("/v1/chat/completions", request, signal))) {
      const text = chunk.choices?.[0]?.delta?.content ?? "";
      content += text;
      if (text !== "") tokensCame(request.model);
      // What has been read is of no interest any more once the answer has begun.
      const more = content === ""
        ? { reading: chunk.prompt_progress ?? turn.reading }
        : { content, reading: undefined };
      if (chunk.skein !== undefined) draw({ ...more, details: chunk.skein });
      else if (performance.now() - drawn > DRAW_MILLISECONDS) draw(more);
    }
    draw({ content, reading: undefined });
  } catch (error) {
    draw({ content, reading: undefined, ...(signal.aborted ? { stopped: true } : { error: error.message }) });
  }
}
