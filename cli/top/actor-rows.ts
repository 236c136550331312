/** The actors of a device as `skein top` shows them. Pure. */
import type { ActorRow } from "../../actors/inspector/protocol.ts";
import type { Known } from "./state.ts";

export interface ActorLine extends ActorRow {
  /** Its name, behind its parents' where they are shown above it, with the blocks of a segment. */
  readonly label: string;
  readonly messagesPerSecond?: number;
}

/** The actors of a device, parents before their children; or those first that have most of something. */
export function actorRows(
  known: Known,
  device: string | undefined,
  order: "tree" | "mailbox" | "messages" | "p99",
): readonly ActorLine[] {
  const view = known.look?.inspection.devices.find((one) => one.device === device);
  if (view === undefined || "error" in view) return [];
  const rates = known.rates.get(view.device)?.messagesPerSecond;
  const rows = view.actors.map((actor): ActorLine => {
    const names = actor.path.split("/");
    const segment = view.segments.find(({ path }) => path === actor.path);
    const blocks = segment === undefined ? "" : ` [${segment.first}-${segment.last}]`;
    const indent = order === "tree" ? "  ".repeat(Math.max(0, names.length - 2)) : "";
    const messagesPerSecond = rates?.get(actor.path);
    return {
      ...actor,
      label: `${indent}${names.at(-1)}${blocks}`,
      ...(messagesPerSecond === undefined ? {} : { messagesPerSecond }),
    };
  });
  switch (order) {
    case "tree":
      return rows;
    case "mailbox":
      return rows.toSorted((a, b) => b.mailbox - a.mailbox);
    case "messages":
      return rows.toSorted((a, b) => (b.messagesPerSecond ?? 0) - (a.messagesPerSecond ?? 0));
    case "p99":
      return rows.toSorted((a, b) => (b.p99Milliseconds ?? 0) - (a.p99Milliseconds ?? 0));
    default:
      return order satisfies never;
  }
}
