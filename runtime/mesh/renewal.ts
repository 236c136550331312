/** Coming by a key that changed while this device was away: with the key of before, at the doors of those who know it. */
import type { PrivateKey } from "@libp2p/interface";
import { AdmissionError } from "./admission.ts";
import type { MeshEvent } from "./contract.ts";
import { knock } from "./knock.ts";
import type { Rekeying } from "./rekeying.ts";

export interface RenewalOptions {
  readonly self: string;
  readonly identity: PrivateKey;
  readonly rekeying: Rekeying;
  emit(event: MeshEvent): void;
  /** This device has the key of now. */
  renewed(): void;
}

/** Returns a function that asks for the key of now at some addresses, one after another; one round at a time. */
export function createRenewal(options: RenewalOptions): (addresses: readonly string[]) => void {
  const { self, identity, rekeying, emit, renewed } = options;
  let asking = false;

  async function ask(address: string): Promise<boolean> {
    try {
      const { change } = await knock(address, rekeying.renewalKey(), identity);
      // Who gives it may be anybody who was a member: it counts where its maker is known here.
      return change !== undefined && await rekeying.heard(self, change);
    } catch (error) {
      if (error instanceof AdmissionError) {
        const sentence = `${address} does not give this device the mesh's new key: ${error.message}.`;
        emit({ type: "refused", target: address, reason: "not-permitted", sentence });
      }
      return false;
    }
  }

  async function askAll(addresses: readonly string[]): Promise<void> {
    for (const address of addresses) if (await ask(address)) return renewed();
  }

  return (addresses) => {
    if (asking) return;
    asking = true;
    askAll(addresses).finally(() => asking = false);
  };
}
