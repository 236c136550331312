/** The API of a device of a simulated mesh: requests in, responses out, no network. */
import { createApi } from "../../../actors/gateway/http.ts";
import { Served } from "../../../actors/gateway/served.ts";
import { fakeMembers } from "../gateway/api-scene.ts";
import type { SimulatedMesh } from "./simulated-mesh.ts";

/** Answers requests to a device; what follows from one needs the clock to move on. */
export function apiOf(mesh: SimulatedMesh, device: string): (path: string) => Promise<Response> {
  const { system, traces } = mesh.device(device);
  const handle = createApi({
    system,
    clock: mesh.clock,
    access: { origins: [] },
    device,
    name: device,
    peers: () => mesh.network.peersOf(device).map((id) => ({ device: id, name: id, roundTripMs: 1 })),
    members: fakeMembers,
    served: new Served(),
    traces,
    compile: () => Promise.reject(new Error("nothing is compiled here")),
    models: () => Promise.resolve([]),
    closing: new AbortController().signal,
    leave: () => {},
  });
  return async (path) => await handle(new Request(`http://127.0.0.1${path}`));
}
