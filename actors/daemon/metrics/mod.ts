/** What a device counts, for Prometheus. */
export { Metrics } from "./metrics.ts";
export { scrapeDevice } from "./scrape.ts";
export { HopReader } from "./hops.ts";
