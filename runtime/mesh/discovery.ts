import { errorText } from "../error-text.ts";
import { mdns, type MulticastDNSComponents } from "@libp2p/mdns";
import { isStartable } from "@libp2p/interface";
import { MDNS_INTERVAL } from "./limits.ts";
import { quietLogger } from "./quiet-logger.ts";

export interface DiscoveryOptions {
  /** Where to find the node's own addresses. */
  readonly components: MulticastDNSComponents;
  /** The name under which the members of this mesh look for each other. */
  readonly serviceTag: string;
  onDevice(device: string, addresses: readonly string[]): void;
  /** Multicast does not work here: called once. */
  onFailure(sentence: string): void;
}

/** Looking for members on the local network by mDNS. */
export interface Discovery {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Makes a discovery. Nothing it does can fail the caller: what goes wrong is told by `onFailure`. */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  let told = false;
  let running = false;
  const failed = (cause: unknown): void => {
    if (told) return;
    told = true;
    options.onFailure(
      `Cannot look for members on the local network by mDNS: ${errorText(cause)}. ` +
        "Devices still meet by the addresses in the invite.",
    );
  };
  // The component tells of socket errors by logging them, and of nothing else that matters.
  const logger = quietLogger((_component, details) => {
    const cause = details.find((detail) => detail instanceof Error);
    if (running && cause !== undefined && isSocketError(cause)) failed(cause);
  });
  const service = mdns({ serviceTag: options.serviceTag, interval: MDNS_INTERVAL })({
    addressManager: options.components.addressManager,
    logger,
  });
  service.addEventListener("peer", ({ detail }) => {
    options.onDevice(detail.id.toString(), detail.multiaddrs.map((address) => address.toString()));
  });
  return {
    async start() {
      try {
        running = true;
        if (isStartable(service)) await service.start();
      } catch (error) {
        failed(error);
      }
    },
    async stop() {
      running = false;
      try {
        if (isStartable(service)) await service.stop();
      } catch {
        // A socket that never opened cannot be closed.
      }
    },
  };
}

/** Tells a failing socket from a malformed packet of somebody else. */
function isSocketError(error: Error): boolean {
  return "syscall" in error ||
    /EACCES|EADDRINUSE|EPERM|ENODEV|EADDRNOTAVAIL|ENETUNREACH/.test(`${"code" in error ? error.code : ""}`);
}
