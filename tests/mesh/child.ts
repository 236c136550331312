/** A mesh in a process of its own: takes JSON options, writes a line an event, ends when it has seen enough. */

import { createIdentity, createMesh } from "../../runtime/mesh/mod.ts";

const options = JSON.parse(process.argv[2] ?? "{}");
const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const mesh = await createMesh({
  identity: options.identity === undefined ? await createIdentity() : bytes(options.identity),
  key: bytes(options.key),
  name: options.name,
  listen: options.listen ?? ["/ip4/127.0.0.1/tcp/0"],
  join: options.join ?? [],
  mdns: options.mdns ?? false,
  log: (event) => console.log(event.type === "discovery-failed" ? `failed ${event.sentence}` : event.type),
});
console.log(`id ${mesh.self}`);
let met = 0;
mesh.onPeer((event) => {
  console.log(`${event.type} ${event.name}`);
  if (event.type === "up" && ++met === options.stopAfter) setTimeout(() => void mesh.stop(), options.linger ?? 0);
});
if (options.stopAfter === 0) await mesh.stop();
