/** The charter on a device: taken up from the disk, heard from others, changed where this device leads, and kept. */
import { errorText } from "../../runtime/error-text.ts";
import { leaderOf, supervisorOf } from "../addresses.ts";
import {
  type Charter,
  type CharteredModel,
  type CharterOptions,
  isGenuine,
  readCharter,
  signCharter,
  type SignedCharter,
  supersedes,
} from "../charter.ts";
import type { LeaderMessage } from "./protocol.ts";
import { spread } from "./spread.ts";
import type { LeaderContext, LeaderOptions, LeaderState } from "./state.ts";

/** Takes up what this device has kept, when it starts; after a crash, what it has heard since. */
export function takeUp(state: LeaderState, options: LeaderOptions, context: LeaderContext): void {
  const { memory } = state;
  const kept = options.charter?.kept;
  if (memory.charter === undefined && kept !== undefined) {
    memory.charter = readCharter(kept.charter);
    memory.signed = kept.charter;
  }
  if (memory.charter === undefined) return;
  for (const { model, holders } of kept?.holders ?? []) {
    state.knowledge.holdings.recall(model, holders, [options.self, ...state.election.peers]);
  }
  apply(state, memory.charter, options, context);
}

/** Takes what is said of charters. */
export function receive(
  state: LeaderState,
  message: Extract<LeaderMessage, { readonly type: "charter" | "charter-checked" | "charter-signed" }>,
  options: LeaderOptions,
  context: LeaderContext,
): void {
  switch (message.type) {
    case "charter":
      return heard(state, message, options, context);
    case "charter-checked":
      return checked(state, message, options, context);
    case "charter-signed":
      return signed(state, message, options, context);
    default:
      return message satisfies never;
  }
}

/** Another device tells of a charter: its signature is checked if it would count. */
function heard(
  state: LeaderState,
  { charter }: { readonly charter: SignedCharter },
  { charter: options }: LeaderOptions,
  context: LeaderContext,
): void {
  if (options === undefined || !counts(charter, state, options)) return;
  const checked = () => context.tell(context.self, { type: "charter-checked", charter });
  isGenuine(charter, options.notary).then((genuine) => genuine ? checked() : undefined);
}

/** A charter's signature is its signer's: it counts, if no other one has come meanwhile. */
function checked(
  state: LeaderState,
  { charter: signed }: { readonly charter: SignedCharter },
  options: LeaderOptions,
  context: LeaderContext,
): void {
  const { charter: chartering } = options;
  if (chartering === undefined) return;
  const charter = counts(signed, state, chartering);
  if (charter === undefined) return;
  const { memory } = state;
  memory.charter = charter;
  memory.signed = signed;
  // Whoever leads is in reach of all; what it hears from one it tells the others.
  if (state.acting !== undefined) spread(state, { type: "charter", charter: signed }, context);
  apply(state, charter, options, context);
}

/** What a charter says, if it counts. */
function counts(signed: SignedCharter, { memory }: LeaderState, { notary }: CharterOptions): Charter | undefined {
  try {
    const charter = readCharter(signed);
    return supersedes(charter, memory.charter, (device) => notary.isMember(device)) ? charter : undefined;
  } catch {
    // Made up, or of a version whose words are not known here: it is as if it had not been told.
    return undefined;
  }
}

/** Changes what the mesh is to serve: it counts here from now on, and everywhere as soon as it is signed. */
export function amend(
  state: LeaderState,
  models: readonly CharteredModel[],
  options: LeaderOptions,
  context: LeaderContext,
): void {
  const { memory } = state;
  const number = Math.max(memory.charter?.number ?? 0, options.charter?.floor ?? 0) + 1;
  memory.charter = { number, term: state.election.soundTerm, models: [...models], by: options.self };
  sign(memory.charter, options, context);
  apply(state, memory.charter, options, context);
}

/** Sees to the charter: where its signer is away, whoever leads signs it too, for those who have never met that one. */
export function tend(state: LeaderState, options: LeaderOptions, context: LeaderContext): void {
  const { memory: { charter }, election: { peers }, acting } = state;
  if (acting !== undefined && charter !== undefined && charter.by !== options.self && !peers.has(charter.by)) {
    state.memory.charter = { ...charter, by: options.self };
    sign(state.memory.charter, options, context);
  }
  keep(state, options);
}

/** A charter of this device has its signature: the others are told. */
function signed(
  state: LeaderState,
  { charter: signed }: { readonly charter: SignedCharter },
  options: LeaderOptions,
  context: LeaderContext,
): void {
  const { memory } = state;
  const { number, by, term } = readCharter(signed);
  if (memory.charter?.number !== number || memory.charter.by !== by || memory.charter.term !== term) return;
  memory.signed = signed;
  spread(state, { type: "charter", charter: signed }, context);
  keep(state, options);
}

function sign(charter: Charter, options: LeaderOptions, context: LeaderContext): void {
  const { charter: chartering, announce } = options;
  if (chartering === undefined) return;
  signCharter(charter, chartering.notary).then(
    (charter) => context.tell(context.self, { type: "charter-signed", charter }),
    (error) => announce({ type: "warning", message: `What the mesh serves cannot be kept: ${errorText(error)}` }),
  );
}

/** Tells a device the charter. */
export function tellCharter({ memory: { signed } }: LeaderState, to: string, context: LeaderContext): void {
  if (signed !== undefined) context.tell(leaderOf(to), { type: "charter", charter: signed });
}

/** From now on it is this charter that counts. */
function apply(state: LeaderState, charter: Charter, options: LeaderOptions, context: LeaderContext): void {
  const { memory, knowledge, acting } = state;
  const { models, number } = charter;
  const now = options.clock.now();
  knowledge.agree(new Map(models.map(({ id, policy }) => [id, policy])));
  for (const { id, split = null } of models) {
    if (memory.pins.settle(id, split, number)) acting?.repin(id, split, now);
  }
  context.tell(supervisorOf(options.self), { type: "chartered", models });
  acting?.chartered(now);
  keep(state, options);
}

/** Keeps the charter, and who has the blocks of its models, where that is news. */
function keep(state: LeaderState, { charter: chartering }: LeaderOptions): void {
  const { memory: { signed, charter }, knowledge: { holdings } } = state;
  if (chartering === undefined || signed === undefined || charter === undefined) return;
  const holders = charter.models.map(({ id }) => ({ model: id, holders: holdings.holders(id) }));
  const kept = { charter: signed, holders };
  const text = JSON.stringify(kept);
  if (text === state.memory.kept) return;
  state.memory.kept = text;
  chartering.keep(kept);
}
