/** The mesh: devices that share a key find each other and exchange frames. The only folder that knows libp2p. */

export type { InviteOptions, Mesh, MeshEvent, NamedPeerEvent, Peer, RefusalReason, Way, Ways } from "./contract.ts";
export { isSigned } from "./change.ts";
export { createIdentity, deviceIdOf, signWith } from "./identity.ts";
export { decodeInvite, encodeInvite, type Invite, InviteError } from "./invite.ts";
export { createMeshKey } from "./key.ts";
export { MAX_CONTROL_FRAME, MAX_PEERS, MAX_TENSORS_FRAME } from "./limits.ts";
export { createMesh } from "./mesh.ts";
export { type KnownDevice, MeshRecord, NO_RECORD } from "./record.ts";
export { type Entry, redeemInvite } from "./redeem.ts";
export type { MeshOptions } from "./mesh-options.ts";
export { isStrayStreamError } from "./stray-errors.ts";
