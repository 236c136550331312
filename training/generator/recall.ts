/** Four-way recall: which of four things somebody took; or took as somebody else did, who did as somebody else did. */
import { fillerSentence, weave } from "./filler.ts";
import { coinPeople, pickObjects } from "./names.ts";
import { type Puzzle, type TaskOptions, unsaidBefore } from "./sample.ts";
import { word, type Wordings, wordQuestion } from "./wording.ts";
import { takings } from "./words.ts";

const openings: Wordings = {
  train: [
    "Read this.",
    "Remember this well.",
    "Here is the story so far.",
    "Listen.",
    "This came to pass:",
    "Think about this.",
    "Please read this well.",
    "This is what we know.",
  ],
  heldout: ["Please remember this.", "Listen well.", "Here is a story."],
};
const whats: Wordings = {
  train: [
    "What did {0} {1}: {2}?",
    "Which one did {0} {1}: {2}?",
    "Which of these did {0} {1}: {2}?",
    "Did {0} {1} {2}?",
    "{2}: which of them did {0} {1}?",
    "Tell me what {0} {3}: {2}.",
    "Say which one {0} {3}: {2}.",
    "Do you know what {0} {3}: {2}?",
    "Was it {2} that {0} {3}?",
    "What was the thing that {0} {3}: {2}?",
    "There are {2}. What did {0} {1}?",
    "Can you say what {0} {3}: {2}?",
  ],
  heldout: ["What was it that {0} {3}: {2}?", "Of these, which did {0} {1}: {2}?", "Please tell me what {0} {3}: {2}."],
};

export function recallPuzzle({ random, split, hops, redundancy, chains = 4 }: TaskOptions): Puzzle {
  const objects = pickObjects(random, split, chains);
  const [past, base] = random.pick(takings);
  // The first took the objects; of the others two a hop did as those before them.
  const people = coinPeople(random, split, chains + 2 * (hops - 1));
  const facts = objects.map((object, i) => `${people[i]} ${past} the ${object}.`);
  for (let hop = 1; hop < hops; hop++) {
    for (let i = 0; i < 2; i++) {
      const model = modelOf(people, chains, hop, i);
      facts.push(`${people[chains + 2 * (hop - 1) + i]} ${past} what ${model} ${past}.`);
    }
  }
  const asked = hops === 1 ? people : people.slice(-2);
  const questions = asked.map((who, i) => {
    const models = Array.from({ length: hops - 1 }, (_, hop) => modelOf(people, chains, hops - 1 - hop, i));
    const way = [
      ...models.map((model, hop) => `${[who, ...models][hop]} ${past} what ${model} ${past}`),
      `${models.at(-1) ?? who} ${past} the ${objects[i]}`,
    ];
    const options = random.shuffle(objects).map((object) => `the ${object}`);
    const choice = `${options.slice(0, -1).join(", ")} or ${options.at(-1)}`;
    const answer = `So ${who} ${past} the ${objects[i]}.`;
    return {
      question: wordQuestion(random, split, whats, who, base, choice, past),
      answer,
      unsaid: [unsaidBefore(answer, objects[i] ?? "", models.map((model) => model ?? ""))],
      explanation: `So ${way.join(", ")}.`,
    };
  });
  const cast = { people, objects };
  const body = weave(random, random.shuffle(facts), redundancy, () => fillerSentence(random, split, cast));
  return {
    family: "recall",
    hops,
    redundancy,
    text: `${word(random, split, openings)} ${body}`,
    glue: " ",
    questions,
    chance: 1 / chains,
  };
}

/** Whom the `i`-th person of a hop did like: somebody of the hop before. */
function modelOf(people: readonly string[], chains: number, hop: number, i: number): string | undefined {
  return hop === 1 ? people[i] : people[chains + 2 * (hop - 2) + i];
}
