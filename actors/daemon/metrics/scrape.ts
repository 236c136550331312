/** What a device counts, gathered when somebody asks. */
import type { ActorSystem, Ref, Reply } from "../../../runtime/actor/mod.ts";
import { inspectorOf } from "../../addresses.ts";
import type { DeviceView } from "../../inspector/protocol.ts";
import type { HopReader } from "./hops.ts";
import type { Metrics } from "./metrics.ts";

/** How long the inspector may take: less than Prometheus waits for a scrape. */
const VIEW_MILLISECONDS = 3000;

export interface Scrapes {
  readonly system: ActorSystem;
  readonly device: string;
  readonly processBytes: () => number;
  readonly hops: HopReader;
}

/** The device's metrics now, and their format. */
export async function scrapeDevice(
  metrics: Metrics,
  { system, device, processBytes, hops }: Scrapes,
): Promise<{ readonly contentType: string; readonly text: string }> {
  const make = (replyTo: Ref<Reply<DeviceView>>) => ({ type: "view" as const, replyTo });
  const [outcome, read] = await Promise.all([
    system.ask(inspectorOf(device), make, { timeoutMs: VIEW_MILLISECONDS }),
    hops.read(),
  ]);
  for (const one of read) metrics.travelled(one);
  const text = await metrics.scrape({
    counters: system.inspect.counters(),
    processBytes: processBytes(),
    view: outcome.type === "reply" ? outcome.value : undefined,
  });
  return { contentType: metrics.contentType, text };
}
