/** Which other devices have which blobs. */
import * as v from "valibot";
import type { Blob } from "../../models/manifest.ts";
import type { Ref, Reply, Sender } from "../../runtime/actor/mod.ts";
import { libraryOf } from "../addresses.ts";
import { Holdings, MAX_BLOBS } from "../library/protocol.ts";

/** A device that takes longer has none of them. */
const ANSWER_MILLISECONDS = 5000;

/** Devices that have each blob, by its hash; `vouch`: and promise to keep it for a while. */
export async function othersWith(
  blobs: readonly Blob[],
  devices: readonly string[],
  how: "has" | "vouch",
  sender: Sender,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (let at = 0; at < blobs.length; at += MAX_BLOBS) {
    const some = blobs.slice(at, at + MAX_BLOBS).map(({ sha256, bytes }) => ({ sha256, bytes }));
    await Promise.all(devices.map(async (device) => {
      const make = (replyTo: Ref<Reply<boolean[]>>) => ({ type: how, blobs: some, replyTo });
      const parse = (value: unknown) => v.parse(Holdings, value);
      const outcome = await sender.ask(libraryOf(device), make, { timeoutMs: ANSWER_MILLISECONDS, parse });
      if (outcome.type !== "reply") return;
      for (const [index, { sha256 }] of some.entries()) {
        if (outcome.value[index]) found.set(sha256, [...found.get(sha256) ?? [], device]);
      }
    }));
  }
  return found;
}
