import { createLoopback } from "../../runtime/actor/loopback.ts";
import { createActorSystem } from "../../runtime/actor/mod.ts";
import { conformance, type Place } from "./actor-conformance.ts";

conformance("on this device", () => {
  const system = createActorSystem({ device: "one" });
  return Promise.resolve({ near: system, far: system, [Symbol.asyncDispose]: () => system.stop() });
});

conformance("on another device", () => {
  const network = createLoopback();
  const near = createActorSystem({ device: "near", transport: network.join("near") });
  const far = createActorSystem({ device: "far", transport: network.join("far") });
  const place: Place = {
    near,
    far,
    disconnect: () => network.disconnect("near", "far"),
    connect: () => network.connect("near", "far"),
    async [Symbol.asyncDispose]() {
      await near.stop();
      await far.stop();
    },
  };
  return Promise.resolve(place);
});
