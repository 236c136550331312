/** What clients ask: how many of them, when, and for how much. */
import { type Chance, chance } from "../chaos/random.ts";
import { promptOf } from "../decode/contestant.ts";
import type { Answer, Request, Server } from "./server.ts";

/** How long prompts and answers are. */
export interface Lengths {
  /** Shortest and longest prompt; as many of twice the length as of the single one. */
  readonly prompt: readonly [number, number];
  readonly tokens: number;
  /** Part of the clients that share a system prompt of so many tokens. Default: nobody. */
  readonly system?: { readonly share: number; readonly tokens: number };
}

export type Load =
  /** So many clients, each of which asks again as soon as it has its answer. */
  | {
    readonly type: "closed";
    readonly clients: number;
    readonly answers: number;
    readonly lengths: Lengths;
  }
  /** So many requests that come by chance, at a mean rate a second. */
  | {
    readonly type: "poisson";
    readonly requests: number;
    readonly rate: number;
    readonly lengths: Lengths;
  }
  /** Readers, and in the midst of their answers a prompt of so many tokens. */
  | {
    readonly type: "newcomer";
    readonly readers: number;
    readonly tokens: number;
    readonly promptTokens: number;
  }
  /** A conversation of so many tokens, a second turn of it, and as long a prompt that nobody has seen. */
  | { readonly type: "second-turn"; readonly promptTokens: number };

/** Answers by what they are to the load. */
export type Answered =
  | {
    readonly type: "served";
    readonly clients: readonly (readonly Answer[])[];
  }
  | {
    readonly type: "newcomer";
    readonly readers: readonly Answer[];
    readonly newcomer: Answer;
  }
  | {
    readonly type: "second-turn";
    readonly second: Answer;
    readonly fresh: Answer;
  };

/** Puts a load on a server; the same seed draws the same prompts and arrivals. */
export async function put(
  load: Load,
  server: Server,
  seed: number,
  temperature?: number,
): Promise<Answered> {
  const random = chance(seed);
  const how = temperature === undefined ? {} : { temperature };
  switch (load.type) {
    case "closed": {
      const requests = Array.from({ length: load.clients }, (_, client) => {
        return Array.from(
          { length: load.answers },
          () => ({ ...drawn(load.lengths, random), ...how, through: client }),
        );
      });
      const clients = await Promise.all(requests.map(async (own) => {
        const answers: Answer[] = [];
        for (const request of own) answers.push(await server.answer(request));
        return answers;
      }));
      return { type: "served", clients };
    }
    case "poisson": {
      let due = 0;
      const asked = Array.from(
        { length: load.requests },
        async (_, through) => {
          due -= Math.log(1 - random.between(0, 1)) / load.rate * 1000;
          const request = { ...drawn(load.lengths, random), ...how, through };
          await new Promise((resolve) => setTimeout(resolve, due));
          return [await server.answer(request)];
        },
      );
      return { type: "served", clients: await Promise.all(asked) };
    }
    case "newcomer":
      return await interrupted(load, server, seed, how);
    case "second-turn": {
      const first = promptOf(load.promptTokens, seed);
      await server.answer({ prompt: first, tokens: 8, ...how });
      const more = promptOf(32, seed + 1);
      const second = await server.answer({
        prompt: [...first, ...more],
        tokens: 4,
        ...how,
      });
      const fresh = await server.answer({
        prompt: promptOf(first.length + more.length, seed + 2),
        tokens: 4,
        ...how,
      });
      return { type: "second-turn", second, fresh };
    }
    default:
      return load satisfies never;
  }
}

async function interrupted(
  { readers, tokens, promptTokens }: Load & { readonly type: "newcomer" },
  server: Server,
  seed: number,
  how: Pick<Request, "temperature">,
): Promise<Answered> {
  const half = Promise.withResolvers<void>();
  const answers = Promise.all(Array.from({ length: readers }, (_, reader) => {
    const request = {
      prompt: promptOf(16, seed + reader),
      tokens,
      through: reader,
      ...how,
    };
    return server.answer(request, (count) => {
      if (count >= tokens / 2) half.resolve();
    });
  }));
  await Promise.race([half.promise, answers]);
  const newcomer = await server.answer({
    prompt: promptOf(promptTokens, seed + readers),
    tokens: 2,
    ...how,
  });
  return { type: "newcomer", readers: await answers, newcomer };
}

function drawn(
  { prompt: [least, most], tokens, system }: Lengths,
  random: Chance,
): Request {
  const length = Math.round(least * (most / least) ** random.between(0, 1));
  const prompt = promptOf(length, Math.floor(random.between(0, 1e6)));
  const shares = system !== undefined && random.between(0, 1) < system.share;
  return {
    prompt: shares ? [...promptOf(system.tokens, 0), ...prompt] : prompt,
    tokens,
  };
}
