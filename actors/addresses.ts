/** Where the well-known actors of a device live. */
import { ANY, type Ref } from "../runtime/actor/mod.ts";
import type { BalancerMessage } from "./balancer/protocol.ts";
import type { GatewayMessage } from "./gateway/protocol.ts";
import type { InspectorMessage } from "./inspector/protocol.ts";
import type { KeeperMessage } from "./keeper/protocol.ts";
import type { LeaderMessage } from "./leader/protocol.ts";
import type { LibraryMessage } from "./library/protocol.ts";
import type { MonitorMessage } from "./monitor/protocol.ts";
import type { SupervisorMessage } from "./supervisor/protocol.ts";

/** The root of a device's cast. */
export const SUPERVISOR = "supervisor";

export function supervisorOf(device: string): Ref<SupervisorMessage> {
  return { device, path: `/${SUPERVISOR}`, incarnation: ANY, channel: "control" };
}

/** The gateway takes prompts from its own device only. */
export function gatewayOf(device: string): Ref<GatewayMessage> {
  return { device, path: `/${SUPERVISOR}/gateway`, incarnation: ANY, channel: "control" };
}

export function leaderOf(device: string): Ref<LeaderMessage> {
  return { device, path: `/${SUPERVISOR}/leader`, incarnation: ANY, channel: "control" };
}

/** The monitor answers probes of bandwidth, so it is reached, and answers, on the tensor stream. */
export function monitorOf(device: string): Ref<MonitorMessage> {
  return { device, path: `/${SUPERVISOR}/monitor`, incarnation: ANY, channel: "tensors" };
}

/** The library answers with pieces of blobs, so it is reached, and answers, on the tensor stream. */
export function libraryOf(device: string): Ref<LibraryMessage> {
  return { device, path: `/${SUPERVISOR}/library`, incarnation: ANY, channel: "tensors" };
}

/** The inspector shows its device to any other. */
export function inspectorOf(device: string): Ref<InspectorMessage> {
  return { device, path: `/${SUPERVISOR}/inspector`, incarnation: ANY, channel: "control" };
}

/** Paths of actors that follow what happens in the mesh, for a stream of the API each, begin with this. */
export const FOLLOWER_PATH = "/follower-";

/** The balancer hears from its own device and from the leader. */
export function balancerOf(device: string): Ref<BalancerMessage> {
  return { device, path: `/${SUPERVISOR}/balancer`, incarnation: ANY, channel: "control" };
}

/** The keeper hears from its own device only. */
export function keeperOf(device: string): Ref<KeeperMessage> {
  return { device, path: `/${SUPERVISOR}/keeper`, incarnation: ANY, channel: "control" };
}
