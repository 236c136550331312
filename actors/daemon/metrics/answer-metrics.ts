/** What is counted of answers that entered at the device, and of all else that happens there. */
import { Counter, Histogram, type Registry } from "prom-client";
import type { DeviceEvent } from "../../events.ts";

/** Seconds. */
const FIRST_TOKEN_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const TOKEN_SECONDS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1];

export class AnswerMetrics {
  readonly #answers;
  readonly #firstToken;
  readonly #perToken;
  readonly #answerTokens;
  readonly #levels;
  readonly #targets;
  readonly #takeOvers;
  readonly #events;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#answers = new Counter({
      name: "skein_answers_total",
      help: "Answers that entered at this device and are over, by how.",
      labelNames: ["model", "outcome"],
      registers,
    });
    this.#firstToken = new Histogram({
      name: "skein_answer_first_token_seconds",
      help: "From a prompt's arrival at this device to the answer's first token.",
      labelNames: ["model"],
      buckets: FIRST_TOKEN_SECONDS,
      registers,
    });
    this.#perToken = new Histogram({
      name: "skein_answer_seconds_per_token",
      help: "From token to token, the mean of an answer.",
      labelNames: ["model"],
      buckets: TOKEN_SECONDS,
      registers,
    });
    this.#answerTokens = new Counter({
      name: "skein_answer_tokens_total",
      help: "Tokens of answers that entered at this device and ended well, of prompts and drawn.",
      labelNames: ["model", "kind"],
      registers,
    });
    this.#levels = new Counter({
      name: "skein_answers_by_level_total",
      help: "Answers of elastic models that entered at this device and ended well, by how many slices ran.",
      labelNames: ["model", "level"],
      registers,
    });
    this.#targets = new Counter({
      name: "skein_answer_targets_total",
      help: "Answers that had a target and ended well, by whether they took no longer than it allowed.",
      labelNames: ["model", "met"],
      registers,
    });
    this.#takeOvers = new Counter({
      name: "skein_answer_take_overs_total",
      help: "Times that an answer lost its conversation and went on with another.",
      labelNames: ["model"],
      registers,
    });
    this.#events = new Counter({
      name: "skein_events_total",
      help: "What happened on this device, by kind: plans, segments loaded and let go, mirrors, peers, warnings.",
      labelNames: ["type"],
      registers,
    });
  }

  take(event: DeviceEvent): void {
    if (event.type === "answer") this.#answered(event);
    else if (event.type !== "fetching") this.#events.inc({ type: event.type });
  }

  #answered(event: Extract<DeviceEvent, { type: "answer" }>): void {
    const { model } = event;
    switch (event.stage) {
      case "writing":
        return this.#firstToken.observe({ model }, event.ttftMilliseconds / 1000);
      case "interrupted":
        return this.#takeOvers.inc({ model });
      case "ended": {
        const { tokens, promptTokens, totalMilliseconds, ttftMilliseconds, level, met } = event;
        this.#answers.inc({ model, outcome: "ended" });
        if (level !== undefined) this.#levels.inc({ model, level: `${level}` });
        if (met !== undefined) this.#targets.inc({ model, met: `${met}` });
        this.#answerTokens.inc({ model, kind: "prompt" }, promptTokens);
        this.#answerTokens.inc({ model, kind: "drawn" }, tokens);
        if (tokens > 1) this.#perToken.observe({ model }, (totalMilliseconds - ttftMilliseconds) / 1000 / (tokens - 1));
        return;
      }
      case "failed":
      case "left":
        return this.#answers.inc({ model, outcome: event.stage });
      case "began":
      case "reading":
      case "going":
        return;
      default:
        event satisfies never;
    }
  }
}
