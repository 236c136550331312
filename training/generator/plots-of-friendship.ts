/** Plots about two who help each other. Slots are explained in `plot.ts`. */
import { optional, type Plot, step } from "./plot.ts";

/** A thing is lost, and a friend helps to find it. */
export const lostAndFound: Plot = [
  step(
    "More than anything, {N} loved {his} {o}.",
    "{N} had {a o}, and {he} took it everywhere.",
    "The dearest thing {he} had was {a o}.",
  ),
  optional(
    "Every evening {he} cleaned it and put it next to {his} bed.",
    "It had been a gift from {his} grandmother.",
  ),
  step(
    "One morning the {t} was gone.",
    "But one day {he} could not find the {t} anywhere.",
    "Then, on a windy day, the {t} was lost.",
  ),
  step(
    "{N} looked under the bed and behind the door, but it was not there.",
    "{N} searched the whole house and found nothing.",
    "{He} looked high and low, and {he} began to cry.",
  ),
  optional(
    "{He} went to the {p} and looked under every leaf.",
    "{He} walked all the way to the {p} and back again.",
  ),
  step(
    'Then {f} came by and asked, "Why are you so sad?"',
    'On the way {he} met {af}. "Can I help you?" asked {f}.',
    "{F} heard {him} cry and came to help.",
  ),
  step(
    "Together they looked again, and there, in the tall grass, lay the {t}.",
    "They searched side by side until {f} saw the {t} behind a stone.",
    "At last {f} found the {t} at the foot of an old tree.",
  ),
  step('"Thank you!" said {N}, and {he} hugged {f}.', "{N} was so happy that {he} danced around {f}."),
];

/** A thing is given away. */
export const gift: Plot = [
  step(
    "{N} found {a o} in the {p}.",
    "One day {N} made {a o} with {his} own hands.",
    "At the {p}, {N} bought {a o}.",
  ),
  step(
    "It was the most beautiful {t} that {he} had ever seen.",
    "{He} was very proud of the {t}.",
    "{N} held the {t} up to the light and smiled.",
  ),
  step(
    "Next door lived {af} who was often alone.",
    "But {his} friend, {f}, was sad that day.",
    "Soon it would be the birthday of {his} friend, {f}.",
  ),
  optional("{N} thought about it for a long time.", '"What could I do?" thought {N}.'),
  step(
    "So {N} put the {t} in a box and carried it to {f}.",
    'Then {N} knew what to do. "I will give the {t} to my friend," {he} said.',
    "In the evening {N} knocked at the door and gave the {t} to {f}.",
  ),
  step(
    '"For me?" asked {f}. "Nobody has ever given me {a t}!"',
    "{F} opened {his2} eyes wide and laughed with joy.",
    '"It is wonderful," said {f}.',
  ),
  optional("They played with the {t} until the stars came out.", "They drank tea and looked at the {t} together."),
  step("Giving the {t} away made {N} happier than keeping it.", "And {N} felt warm inside."),
];

/** A race, in which one helps the other. */
export const contest: Plot = [
  step(
    "Every summer there was a race from the {p} to the river.",
    "One day there was a big race at the {p}.",
    "All the animals came to the {p} for the great race.",
  ),
  step(
    "The prize was {a o}.",
    "Whoever was first would win {a o}.",
    "The winner would get {a o}.",
  ),
  step(
    '"I am too slow," thought {N}, but {he} wanted the {t} very much.',
    "{N} dreamed of the {t} day and night.",
    "{N} ran every morning to get ready.",
  ),
  optional("Everybody said that {f} would win.", '"You will never win," said {f}.'),
  step(
    "When the race began, {f} ran ahead like the wind.",
    "One, two, three, and off they went! {F} was in front.",
    "At first {f} was faster.",
  ),
  step(
    "But halfway {f} fell into a hole and cried for help.",
    "Then {f} stopped, for {his2} foot hurt.",
    "But {f} lost the way and sat down to cry.",
  ),
  step(
    "{N} could have run on, but {he} stopped and helped {f} up.",
    '"Come, I will help you," said {N}, and they went on together.',
  ),
  step(
    "They came in last, but everybody clapped, and both of them got the {t}.",
    "So they reached the end side by side and shared the {t}.",
    "In the end the {t} was given to {N}, because {he} had been kind.",
  ),
];

/** A thing breaks, and is mended together. */
export const broken: Plot = [
  step(
    "{N} had {a o}, but one day it broke.",
    "By accident {N} broke the {o} of {f}.",
    "One morning {N} dropped {his} {o}, and it fell to pieces.",
  ),
  step(
    '"Oh no!" cried {N}. "What shall I do?"',
    "{N} sat down and was very sad.",
    "{N} was sorry and did not know what to do.",
  ),
  optional("{He} tried to mend the {t} with string, but it did not work.", "{He} tried once, and {he} tried twice."),
  step(
    "In the {p} lived {f}, who could mend everything.",
    "So {he} took the {t} and went to {f} in the {p}.",
    'Then {he} went to {f} and told the truth. "I am sorry," {he} said.',
  ),
  step(
    '{F} looked at the {t} and said, "We can fix this together."',
    '"Do not worry," said {f}. "Every {t} can be mended."',
    "{F} was not angry at all and fetched some glue.",
  ),
  step(
    "They worked all day, and by the evening the {t} was as good as new.",
    "Bit by bit they put the {t} together again.",
    "It took a long time, but at last the {t} was whole.",
  ),
  optional("{N} thanked {f} and brought {him2} a warm cake.", "It even looked better than before."),
];

/** Two want the same thing. */
export const sharing: Plot = [
  step(
    "{N} and {f} both wanted the same {t}.",
    "One day {N} and {f} found {a o} at the same time.",
    "In the {p} lay {a o}, and both {N} and {f} saw it.",
  ),
  step(
    '"The {o} is mine!" said {N}. "No, it is mine!" said {f}.',
    "They pulled at the {o} from both sides.",
    "They argued about the {o} all morning.",
  ),
  optional("They shouted so loud that the birds flew away.", "Neither of them would let go."),
  step(
    "Then the {t} fell into the mud, and both were quiet.",
    "At last they were tired and sat down.",
    'A wise old crow heard them and said, "Why not take turns?"',
  ),
  step(
    '"I am sorry," said {N}. "You can have it today."',
    '"Let us share it," said {f}.',
    'Then {N} said, "It is more fun when we are two."',
  ),
  step(
    "So {N} had the {t} in the morning, and {f} had it in the evening.",
    "From then on the {t} was for both of them.",
    "They carried the {t} home together.",
  ),
];
