/** Which mesh a daemon is in, and where it finds the others: the key and addresses of its data folder and of an invite. */
import { every, systemClock } from "../../runtime/clock.ts";
import type { DataFolder } from "../../runtime/host/mod.ts";
import { createMesh, createMeshKey, type Invite, type Mesh } from "../../runtime/mesh/mod.ts";
import type { Announce } from "../events.ts";

const KEY_FILE = "mesh.key";
const PORT_FILE = "port";
const PEERS_FILE = "addresses";
const REMEMBER_MILLISECONDS = 5000;

export interface MembershipOptions {
  readonly name: string;
  readonly folder: DataFolder;
  /** Multiaddrs. Default: every interface, on the port of the last run where it is free. */
  readonly listen?: readonly string[] | undefined;
  /** The mesh to join; absent: the one of the data folder, or a new one. */
  readonly invite?: Invite | undefined;
  readonly mdns: boolean;
}

/** The key of the mesh to be in: the invite's, the data folder's, or a new one. */
export async function meshKey({ folder, invite }: MembershipOptions, announce: Announce): Promise<Uint8Array> {
  const kept = await folder.secret(KEY_FILE, () => invite?.key ?? createMeshKey());
  if (invite === undefined || same(kept, invite.key)) return kept;
  await folder.replaceSecret(KEY_FILE, invite.key);
  await folder.remove(PEERS_FILE);
  announce({
    type: "warning",
    message: "This device was in another mesh before; it has left that one to join the invite's.",
  });
  return invite.key;
}

/** The addresses of the invite, and those of members that this device met before. */
export async function knownAddresses({ folder, invite }: MembershipOptions): Promise<string[]> {
  const kept = (await folder.read(PEERS_FILE) ?? "").split("\n").filter((address) => address !== "");
  return [...new Set([...invite?.addresses ?? [], ...kept])];
}

/** Keeps the addresses of members, so that this device finds back after a restart, whoever of them is there then. */
export function rememberMembers(mesh: Mesh, folder: DataFolder): () => void {
  let kept = "";
  return every(systemClock, REMEMBER_MILLISECONDS, () => {
    const addresses = mesh.memberAddresses().join("\n");
    if (addresses === "" || addresses === kept) return;
    kept = addresses;
    // A precaution: where it fails, the invite's addresses and mDNS remain.
    folder.write(PEERS_FILE, addresses).catch(() => {});
  });
}

/** Opens the mesh on the last run's port where it is free, so that addresses in invites stay good. */
export async function openMesh(
  { folder, name, mdns, listen }: MembershipOptions,
  { identity, key, join }: {
    readonly identity: Uint8Array;
    readonly key: Uint8Array;
    /** Addresses to dial. */
    readonly join: readonly string[];
  },
): Promise<Mesh> {
  const base = { identity, key, name, join, mdns, clock: systemClock };
  if (listen !== undefined) return await createMesh({ ...base, listen });
  const last = Number(await folder.read(PORT_FILE) ?? 0);
  const onPort = (port: number) => createMesh({ ...base, listen: [`/ip4/0.0.0.0/tcp/${port}`] });
  const mesh = await onPort(Number.isInteger(last) && last > 0 && last < 65_536 ? last : 0).catch(() => onPort(0));
  const port = mesh.addresses()[0]?.match(/\/tcp\/(\d+)/)?.[1];
  if (port !== undefined) await folder.write(PORT_FILE, port);
  return mesh;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
