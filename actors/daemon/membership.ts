/** Which mesh a daemon is in, and where it finds the others: the key and addresses of its data folder, or an invite's. */
import * as v from "valibot";
import { every, systemClock } from "../../runtime/clock.ts";
import type { DataFolder } from "../../runtime/host/mod.ts";
import {
  createMesh,
  createMeshKey,
  type Invite,
  type Mesh,
  MeshRecord,
  NO_RECORD,
  redeemInvite,
} from "../../runtime/mesh/mod.ts";
import type { Announce } from "../events.ts";

const KEY_FILE = "mesh.key";
const RECORD_FILE = "members.json";
/** What the invite was that this device joined by, as a hash: a daemon that is started with it again need not ask again. */
const JOINED_FILE = "joined";
const PORT_FILE = "port";
const PEERS_FILE = "addresses";
const REMEMBER_MILLISECONDS = 5000;

export interface MembershipOptions {
  readonly name: string;
  /** Of this software, for people. */
  readonly version: string;
  readonly folder: DataFolder;
  /** Multiaddrs. Default: every interface, on the port of the last run where it is free. */
  readonly listen?: readonly string[] | undefined;
  /** Multiaddrs that others are told to dial, if not those. */
  readonly announce?: readonly string[] | undefined;
  /** The mesh to join; absent: the one of the data folder, or a new one. */
  readonly invite?: Invite | undefined;
  readonly mdns: boolean;
}

/** A mesh that a device is in. */
export interface Standing {
  readonly key: Uint8Array;
  readonly record: MeshRecord;
}

/**
 * The mesh to be in: the invite's, the data folder's, or a new one.
 * @throws {InviteError} where an invite is not taken; the data folder is then as it was.
 */
export async function enterMesh(
  { folder, invite }: MembershipOptions,
  identity: Uint8Array,
  announce: Announce,
): Promise<Standing> {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), MeshRecord), await folder.read(RECORD_FILE));
  const known = parsed.success ? parsed.output : NO_RECORD;
  if (invite === undefined || await folder.read(JOINED_FILE) === await hashOf(invite)) {
    return { key: await folder.secret(KEY_FILE, createMeshKey), record: known };
  }
  const { key, change, addresses } = await redeemInvite(invite, identity);
  let first = false;
  const before = await folder.secret(KEY_FILE, () => {
    first = true;
    return key;
  });
  const record: MeshRecord = {
    ...(first || !same(before, key) ? NO_RECORD : known),
    ...(change === undefined ? {} : { change }),
  };
  await keep(folder, key, record);
  await folder.write(PEERS_FILE, addresses.join("\n"));
  await folder.write(JOINED_FILE, await hashOf(invite));
  if (!first && !same(before, key)) {
    const message = "This device was in another mesh before; it has left that one to join the invite's.";
    announce({ type: "warning", message });
  }
  return { key, record };
}

/** Keeps what a device must find again when it starts. The key first: a record of before is told anew by any peer. */
async function keep(folder: DataFolder, key: Uint8Array, record: MeshRecord): Promise<void> {
  const kept = await folder.secret(KEY_FILE, () => key);
  if (!same(kept, key)) await folder.replaceSecret(KEY_FILE, key);
  await folder.write(RECORD_FILE, JSON.stringify(record));
}

async function hashOf({ secret }: Invite): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(secret)));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The addresses of members that this device met before, or was told of when it joined. */
export async function knownAddresses({ folder }: MembershipOptions): Promise<string[]> {
  return (await folder.read(PEERS_FILE) ?? "").split("\n").filter((address) => address !== "");
}

/** Keeps the addresses of members, so that this device finds back after a restart, whoever of them is there then. */
export function rememberMembers(mesh: Mesh, folder: DataFolder): () => void {
  let kept = "";
  return every(systemClock, REMEMBER_MILLISECONDS, () => {
    const addresses = mesh.memberAddresses().join("\n");
    if (addresses === "" || addresses === kept) return;
    kept = addresses;
    // A precaution: where it fails, those that it joined by and mDNS remain.
    folder.write(PEERS_FILE, addresses).catch(() => {});
  });
}

/** Opens the mesh on the last run's port where it is free, so that addresses that others know stay good. */
export async function openMesh(
  { folder, name, version, mdns, listen, announce }: MembershipOptions,
  { identity, join, ...standing }: Standing & {
    readonly identity: Uint8Array;
    /** Addresses to dial. */
    readonly join: readonly string[];
  },
): Promise<Mesh> {
  const base = {
    ...standing,
    ...{ identity, name, version, join, mdns, clock: systemClock },
    keep: (key: Uint8Array, record: MeshRecord) => keep(folder, key, record),
    ...(announce === undefined ? {} : { announce }),
  };
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
