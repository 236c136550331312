/** Events of a device in a sentence each: what its daemon prints and what inspectors show. */
import { formatBytes } from "../../plans/mod.ts";
import type { DeviceEvent } from "../events.ts";

/** What an event says to a person. */
export function describeEvent(event: DeviceEvent): string {
  switch (event.type) {
    case "leader":
      return `${event.device} leads in term ${event.term}`;
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
    case "plan": {
      const route = event.segments.map(({ name, first, last }) => `${name} ${first}-${last}`).join(" > ");
      return `plan ${event.term}.${event.epoch} runs ${event.model}: ${route}`;
    }
    case "balance":
      return `balance: ${event.reason}`;
    case "waiting":
      return `waiting: ${event.reason}`;
    case "warning":
      return event.message;
    default:
      return event satisfies never;
  }
}
