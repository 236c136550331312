/** Actors for tests that can be handed over: a ledger, and keepers that hand it to each other. */
import {
  type Behaviour,
  next,
  parseRef,
  parseReplyTo,
  type Ref,
  type Reply,
  reply,
  stop,
} from "../../runtime/actor/mod.ts";

/** What a ledger understands. */
export type Entry =
  | { readonly type: "note"; readonly by: string; readonly n: number }
  | { readonly type: "read"; readonly replyTo: Ref<Reply<readonly string[]>> }
  | { readonly type: "keep"; readonly replyTo: Ref<Reply<string>> }
  | { readonly type: "answer" | "end" };

/** What a ledger has written down, and who waits for an answer. */
export interface Ledger {
  readonly notes: readonly string[];
  readonly waiting: readonly Ref<Reply<string>>[];
}

/** Writes down what it is told, answers late, and takes all that along when it moves. */
export const ledger: Behaviour<Ledger, Entry> = {
  accepts: (message) => {
    const entry = message as Entry;
    return "replyTo" in entry ? { ...entry, replyTo: parseReplyTo(entry.replyTo) } as Entry : entry;
  },
  start: (_, brought) => (brought ?? { notes: [], waiting: [] }) as Ledger,
  receive({ notes, waiting }, entry, context) {
    switch (entry.type) {
      case "note":
        return next({ notes: [...notes, `${entry.by} ${entry.n}`], waiting });
      case "read":
        reply(context, entry.replyTo, notes);
        return next({ notes, waiting });
      case "keep":
        return next({ notes, waiting: [...waiting, entry.replyTo] });
      case "answer":
        for (const replyTo of waiting) reply(context, replyTo, `by ${context.device}`);
        return next({ notes, waiting: [] });
      case "end":
        return stop();
    }
  },
  leave: (state) => state,
};

/** What a keeper understands. */
export type Keep =
  | { readonly type: "open"; readonly state?: Ledger; readonly replyTo: Ref<Reply<Ref<Entry>>> }
  | {
    readonly type: "hand";
    readonly child: Ref<Entry>;
    readonly to: Ref<Keep>;
    readonly replyTo: Ref<Reply<Ref<Entry>>>;
  };

/** Opens ledgers, and hands one to another keeper when told; `child` must be its own. */
export const keeper: Behaviour<number, Keep> = {
  accepts: (message) => ({ ...message as Keep, replyTo: parseReplyTo((message as Keep).replyTo) }),
  start: () => 0,
  async receive(opened, message, context) {
    switch (message.type) {
      case "open": {
        const { state: brought, replyTo } = message;
        reply(context, replyTo, context.spawn(ledger, { name: `ledger${opened}`, brought }));
        return next(opened + 1);
      }
      case "hand": {
        const { child, to, replyTo } = message;
        const over = await context.handOver(child);
        const state = over.state as Ledger;
        const own = to.device === context.device && to.path === context.self.path;
        // A keeper that hands over to itself cannot ask itself meanwhile.
        const outcome = own
          ? { type: "reply" as const, value: context.spawn(ledger, { name: `ledger${opened}`, brought: state }) }
          : await context.ask(to, (answer: Ref<Reply<Ref<Entry>>>) => ({ type: "open", state, replyTo: answer }), {
            timeoutMs: 1000,
            parse: (ref) => parseRef<Entry>(ref),
          });
        if (outcome.type === "reply") over.moved(outcome.value);
        else over.stay();
        reply(context, replyTo, outcome.type === "reply" ? outcome.value : child);
        return next(own ? opened + 1 : opened);
      }
    }
  },
};
