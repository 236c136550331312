/**
 * Who leads. Pure. A claim is a term and a device; the higher term wins, the smaller id among equals, so two leaders that
 * meet agree without asking. A leader stays while it lives: a newcomer never deposes it by its id alone.
 */

/** Somebody's claim to lead. */
export interface Claim {
  readonly term: number;
  readonly leader: string;
}

/** How long a device looks around before it thinks of leading: longer than peers on the same network take to meet. */
export const SETTLE_MILLISECONDS = 1000;
/** The same for a device that knows addresses of others: dialling them may take a while, and they may have a leader. */
export const JOIN_MILLISECONDS = 5000;
/** The same of a device that could serve alone: who was there before it was off is found by now, or is off too. */
export const RETURN_MILLISECONDS = 2000;
/** After a leader is lost, the others agree on who is left within this time; at once where all say that they have lost it. */
export const SUCCESSION_MILLISECONDS = 300;
/** How long the device whose turn it is may hesitate before the others stop waiting for it. */
export const HESITATION_MILLISECONDS = 1500;

/**
 * Terms grow by one an election. One that is so far above all before it was made up: it holds for as long as who claims it
 * is there, and is forgotten with it, so that no member can use up the room above.
 */
export const MAX_TERM_JUMP = 1000;

/** Whether claim `a` beats claim `b`. */
export function outranks(a: Claim, b: Claim): boolean {
  return a.term > b.term || (a.term === b.term && a.leader < b.leader);
}

/** A device's view of an election. */
export interface Election {
  readonly self: string;
  /** The highest term seen. */
  readonly term: number;
  /** The highest term that was reached without an absurd jump: where elections go on when the leader is lost. */
  readonly soundTerm: number;
  readonly leader: string | undefined;
  /** Live peers. */
  readonly peers: ReadonlySet<string>;
  /** When, on the device's clock, the missing leader is to be replaced. */
  readonly dueAt: number;
  /** Peers that there were when the leader was last heard of. */
  readonly company: number;
  /** The leader of the term that is lost, or that peers say they have lost, and who says so. */
  readonly loss?: Loss | undefined;
  /** Those who were in the mesh when this device was last up; undefined once there has been a leader. */
  readonly reunion?: Reunion | undefined;
}

/** A mesh whose devices have all been off, and come back. */
export interface Reunion {
  readonly expected: ReadonlySet<string>;
  /** Peers that have said that they have no leader. */
  readonly leaderless: ReadonlySet<string>;
}

/** A leader, as those see it who have lost it. */
export interface Loss {
  readonly leader: string;
  readonly term: number;
  /** Peers that have said so. */
  readonly witnesses: ReadonlySet<string>;
}

/** Whether this device should claim to lead now: it is its turn (smallest id alive), or whose turn it is hesitates. */
export function shouldClaim(election: Election, now: number): boolean {
  if (election.leader !== undefined || now < election.dueAt) return false;
  const turn = [election.self, ...election.peers].reduce((least, device) => device < least ? device : least);
  return turn === election.self || now >= election.dueAt + HESITATION_MILLISECONDS;
}

/** Whether it is this device that leads when the leader is lost. */
export function isNext({ self, leader, peers }: Election): boolean {
  if (leader === undefined || leader === self) return false;
  return [...peers].every((peer) => peer === leader || self < peer);
}

/**
 * The view after hearing a claim from a device: adopted, or unchanged where it is outranked or its leader is not in reach.
 * Of itself a leader may claim any term: that ends when it goes. What others say of it, and of this device, does not, so an
 * absurd jump is not heard from them.
 */
export function hear(election: Election, claim: Claim, from: string = claim.leader): Election {
  if (claim.leader !== election.self && !election.peers.has(claim.leader)) return election;
  if (from !== claim.leader && isAbsurd(election, claim.term)) return election;
  const current = election.leader === undefined ? undefined : { term: election.term, leader: election.leader };
  if (current?.leader === claim.leader && current.term === claim.term) return joined(election);
  if (current !== undefined && !outranks(claim, current)) return election;
  if (current === undefined && claim.term < election.term) return election;
  return elect(election, claim);
}

/** The view of a device that hears its leader again: whoever has come or gone since belongs to those who follow it or not. */
function joined(election: Election): Election {
  return election.company === election.peers.size ? election : { ...election, company: election.peers.size };
}

/** The view of a device that takes the lead in a new term. */
export function lead(election: Election): Election {
  return elect(election, { term: election.term + 1, leader: election.self });
}

function elect(election: Election, { term, leader }: Claim): Election {
  const soundTerm = isAbsurd(election, term) ? election.soundTerm : Math.max(election.soundTerm, term);
  return { ...election, term, soundTerm, leader, company: election.peers.size, loss: undefined, reunion: undefined };
}

function isAbsurd({ soundTerm }: Election, term: number): boolean {
  return term > soundTerm + MAX_TERM_JUMP;
}

/** The view after a peer came: if it has a leader to tell of, it does so well within the time to settle. */
export function arrive(election: Election, device: string, now: number): Election {
  const { peers, reunion } = election;
  const dueAt = Math.min(election.dueAt, now + SETTLE_MILLISECONDS);
  const view = { ...election, peers: new Set(peers).add(device), dueAt };
  if (reunion === undefined) return view;
  // What it said before it went is of then.
  const leaderless = new Set(reunion.leaderless);
  leaderless.delete(device);
  return { ...view, reunion: { ...reunion, leaderless } };
}

/**
 * The view after a peer went, and with it a term that it had made up; where it led, its succession falls due shortly after
 * `now`. A device that has lost several peers and is alone, or has lost the only one and was asleep, is more likely to have
 * been away itself: it looks for the others before it thinks of leading, lest it depose whom they follow.
 */
export function depart(election: Election, device: string, now: number, asleep = false): Election {
  const peers = new Set(election.peers);
  peers.delete(device);
  const orphaned = election.leader === device || election.leader === undefined;
  if (!orphaned) return { ...election, peers };
  const view = { ...election, peers, leader: undefined, term: election.soundTerm };
  if (peers.size === 0 && (asleep || election.company > 1)) {
    return { ...view, dueAt: Math.max(election.dueAt, now + SETTLE_MILLISECONDS) };
  }
  if (election.leader !== device) return confirmed(view, now);
  const loss = { leader: device, term: election.term };
  const witnesses = sameLoss(election.loss, loss) ? election.loss?.witnesses ?? [] : [];
  const dueAt = now + SUCCESSION_MILLISECONDS;
  return confirmed({ ...view, dueAt, loss: { ...loss, witnesses: new Set(witnesses) } }, now);
}

/** The view after a peer said that it has lost the leader of a term: once all have, nobody waits any longer. */
export function bereaved(election: Election, device: string, lost: Claim, now: number): Election {
  const { leader, term, peers, loss } = election;
  const known = sameLoss(loss, lost);
  if (!peers.has(device) || !(known || (leader === lost.leader && term === lost.term))) return election;
  const witnesses = new Set([...known ? loss?.witnesses ?? [] : [], device]);
  return confirmed({ ...election, loss: { leader: lost.leader, term: lost.term, witnesses } }, now);
}

/** The view after a peer said that it has no leader: once all are back, and nobody has one, nobody waits any longer. */
export function leaderless(election: Election, device: string, now: number): Election {
  const { leader, peers, reunion, dueAt } = election;
  if (leader !== undefined || reunion === undefined || !peers.has(device)) return election;
  const leaderless = new Set(reunion.leaderless).add(device);
  const all = [...peers, ...reunion.expected].every((other) => peers.has(other) && leaderless.has(other));
  return { ...election, reunion: { ...reunion, leaderless }, dueAt: all ? Math.min(dueAt, now) : dueAt };
}

function sameLoss(known: Loss | undefined, { leader, term }: Claim): boolean {
  return known !== undefined && known.leader === leader && known.term === term;
}

function confirmed(election: Election, now: number): Election {
  const { leader, loss, peers, dueAt } = election;
  if (leader !== undefined || loss === undefined || peers.size === 0) return election;
  const all = [...peers].every((peer) => loss.witnesses.has(peer));
  return all ? { ...election, dueAt: Math.min(dueAt, now) } : election;
}
