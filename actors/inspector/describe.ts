/** Events of a device in a sentence each: what its daemon prints and what inspectors show. */
import { formatBytes } from "../../plans/mod.ts";
import type { AnswerStage, DeviceEvent } from "../events.ts";

const PINNED = {
  new: " (pinned)",
  again: " (the pinned split is taken up again; skein plan --auto leaves it to the planner)",
} as const;

/** What an event says to a person. */
export function describeEvent(event: DeviceEvent): string {
  switch (event.type) {
    case "leader":
      return `${event.name ?? event.device} leads in term ${event.term}`;
    case "fetching":
      return `fetching from ${event.from}: ${event.doneBytes} of ${event.totalBytes} bytes`;
    case "segment":
      return `holds blocks ${event.first} to ${event.last} (${formatBytes(event.bytes)}), ` +
        `loaded in ${Math.round(event.milliseconds)} ms`;
    case "standby":
      return `keeps blocks ${event.first} to ${event.last} of ${event.owner} in reserve`;
    case "mirror":
      return `mirrors blocks ${event.first} to ${event.last} of ${event.owner}`;
    case "released":
      return `let go of blocks ${event.first} to ${event.last}`;
    case "discarded":
      return `deleted ${formatBytes(event.bytes)} of blocks that do not run here: ${event.reason}`;
    case "plan": {
      const route = event.segments.map(({ name, first, last }) => `${name} ${first}-${last}`).join(" > ");
      const pinned = event.pinned === undefined ? "" : PINNED[event.pinned];
      return `plan ${event.term}.${event.epoch} runs ${event.model}: ${route}${pinned}`;
    }
    case "part":
      return describePart(event);
    case "balance":
      return `balance: ${event.reason}`;
    case "waiting":
      return `waiting: ${event.reason}`;
    case "peer":
      return event.change === "up" ? `${event.name} is here` : `${event.name} is gone: ${event.reason ?? "it left"}`;
    case "answer":
      return `answer ${event.id.slice(0, 8)} ${describeStage(event)}`;
    case "warning":
      return event.message;
    default:
      return event satisfies never;
  }
}

function describeStage(event: AnswerStage): string {
  switch (event.stage) {
    case "began":
      return "begins";
    case "reading":
      return event.read === undefined
        ? `reads a prompt of ${event.promptTokens} tokens on ${event.route.join(" > ")}`
        : `has read ${event.read} of ${event.promptTokens} tokens`;
    case "writing":
      return `has its first token after ${Math.round(event.ttftMilliseconds)} ms`;
    case "going":
      return `has ${event.tokens} tokens`;
    case "interrupted":
      return `is taken up again after ${event.tokens} tokens: ${event.reason}`;
    case "ended": {
      const { tokens, ttftMilliseconds, totalMilliseconds, conversations } = event;
      const pace = tokens < 2 ? "" : `, ${((tokens - 1) * 1000 / (totalMilliseconds - ttftMilliseconds)).toFixed(1)}/s`;
      return `has ended (${event.reason}): ${tokens} tokens in ${(totalMilliseconds / 1000).toFixed(1)} s${pace}` +
        (conversations > 1 ? `, taken up ${conversations - 1} times` : "");
    }
    case "failed":
      return `has failed: ${event.message}`;
    case "left":
      return `was left by its reader after ${event.tokens} tokens`;
    default:
      return event satisfies never;
  }
}

/** What a device does, or why it has nothing to do. */
function describePart({ model, blocks, planner, runs, on, tokenMilliseconds }: Extract<DeviceEvent, { type: "part" }>) {
  const pace = tokenMilliseconds === undefined ? "" : `, ${tokenMilliseconds.toFixed(1)} ms a token as predicted`;
  if (runs.length === 0) {
    return `this device runs nothing now: ${model} is on ${on.join(" and ")}${
      on.length === 1 ? " alone" : ""
    }${pace}; ` +
      WHY_NOTHING[planner];
  }
  const [run] = runs;
  const all = run !== undefined && run.first === 0 && run.last === blocks - 1;
  const which = runs.map(({ first, last }) => first === last ? `${first}` : `${first} to ${last}`).join(" and ");
  return `this device runs ${all ? "all" : `blocks ${which} of the ${blocks}`} of ${model}${pace}`;
}

const WHY_NOTHING = {
  solver: "no plan with it was found better (skein plan --explain says why)",
  even: "there is room for all of it there",
  pinned: "so it was pinned (skein plan --auto leaves it to the planner)",
} as const;
