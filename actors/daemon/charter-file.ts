/** The charter on disk: what the mesh serves, found again when a device that was off starts. */
import type { DataFolder } from "../../runtime/host/mod.ts";
import { isSigned, type Mesh, signWith } from "../../runtime/mesh/mod.ts";
import type { Announce } from "../events.ts";
import { type CharterOptions, isGenuine, type KeptCharter, type Notary, readCharter } from "../charter.ts";
import { CHARTER_FILE, keptIn } from "./kept-charter.ts";

/** Where a device's charter is, and what is made of it. */
export interface CharterFile {
  readonly folder: DataFolder;
  readonly identity: Uint8Array;
  readonly mesh: Pick<Mesh, "self" | "devices" | "isForgotten">;
  /** Whether the device goes on with what it finds; if not, it waits to be told by others. */
  readonly takesUp: boolean;
  readonly announce: Announce;
}

/** Reads the charter that was kept, if it is to be believed, and says how it is signed, checked and kept from now on. */
export async function openCharter({ folder, identity, mesh, takesUp, announce }: CharterFile): Promise<CharterOptions> {
  const notary = notaryOf(identity, mesh);
  const found = await read(folder, notary);
  const floor = found === undefined ? 0 : readCharter(found.charter).number;
  return { notary, floor, keep: keeper(folder, announce), kept: takesUp ? found : undefined };
}

async function read(folder: DataFolder, notary: Notary): Promise<KeptCharter | undefined> {
  const kept = await keptIn(folder);
  if (kept === undefined || !notary.isMember(kept.charter.by)) return undefined;
  return await isGenuine(kept.charter, notary) ? kept : undefined;
}

function notaryOf(identity: Uint8Array, mesh: CharterFile["mesh"]): Notary {
  return {
    sign: async (bytes) => btoa(String.fromCharCode(...await signWith(identity, bytes))),
    isSigned: (device, bytes, signature) =>
      isSigned(device, bytes, Uint8Array.from(atob(signature), (character) => character.charCodeAt(0))),
    isMember: (device) =>
      device === mesh.self || (!mesh.isForgotten(device) && mesh.devices().some((known) => known.device === device)),
  };
}

/** Writes one version after another; one that is overtaken while it waits is not written. */
function keeper(folder: DataFolder, announce: Announce): CharterOptions["keep"] {
  let next: KeptCharter | undefined;
  let writing: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    for (let kept = next; kept !== undefined; kept = next) {
      next = undefined;
      await folder.write(CHARTER_FILE, JSON.stringify(kept)).catch((error) => {
        const message = `What the mesh serves could not be kept on disk: ${error.message}`;
        announce({ type: "warning", message });
      });
    }
    writing = undefined;
  };
  return (kept) => {
    next = kept;
    writing ??= write();
  };
}
