/** Plots about something that takes courage. Slots are explained in `plot.ts`. */
import { optional, type Plot, step } from "./plot.ts";

/** Something sounds strange at night. */
export const strangeSound: Plot = [
  step(
    "One night {N} heard a strange sound from the {p}.",
    "In the middle of the night a sound came from the {p}.",
    "It was dark when {N} heard something in the {p}.",
  ),
  step(
    '"Who is there?" {he} asked, but nobody answered.',
    "{N} was afraid and hid under the blanket.",
    "{His} heart beat fast.",
  ),
  optional("The sound came again, and it was louder now.", "Knock, knock, knock, it went."),
  step(
    "But {N} was also curious, so {he} took {his} {o} and went out.",
    "Then {he} picked up {a o} and opened the door.",
    "{He} held {his} {o} tight and walked into the dark.",
  ),
  step(
    "Step by step {he} came closer.",
    "The moon was bright, and the grass was wet.",
    "With the {t} in {his} hand {he} felt a little braver.",
  ),
  step(
    "And what did {he} see? It was only {af} who could not sleep.",
    "Behind a tree sat {af}, who was cold and lost.",
    "There stood {af} with a big smile.",
  ),
  step(
    '"I am sorry that I woke you," said {f}. "I have lost my way."',
    '"Please help me home," said {f}.',
    '"Do not be afraid," said {f}. "It is only me."',
  ),
  step(
    "{N} laughed, and {he} let {f} hold the {t} on the way home.",
    "So {N} gave {f} the {t} and brought {him2} home.",
    "They sat down, and {N} showed {f} the {t}.",
  ),
];

/** A storm comes up, and somebody offers shelter. */
export const storm: Plot = [
  step(
    "One afternoon {N} was playing with {a o} in the {p}.",
    "{N} was on the way to the {p} with {a o}.",
    "{N} carried {a o} through the {p}.",
  ),
  step(
    "All at once the sky turned black.",
    "Suddenly a storm came up.",
    "Then dark clouds came, and it began to rain.",
  ),
  optional("The wind was so strong that the trees bent.", "Soon everything was wet and cold."),
  step(
    "The wind took the {t} and blew it away.",
    "{N} held on to the {t} with all {his} strength.",
    "{N} hid the {t} under {his} coat and ran.",
  ),
  step(
    "Under a bridge {he} saw {af} who was shaking with cold.",
    'Then {he} heard {af} call, "Come in, come in!"',
    "Near a big stone {he} found {af} who was afraid of the storm.",
  ),
  step(
    "They sat close together and waited for the sun.",
    "They told each other stories until the storm was over.",
    "Side by side they were not afraid any more.",
  ),
  step(
    "When the rain stopped, the {t} lay shining in the sun.",
    "When the sky was blue again, {f} helped {him} to dry the {t}.",
    "After the storm they found that the {t} was safe.",
  ),
];

/** Somebody dares to go where it is dark. */
export const courage: Plot = [
  step(
    "Everybody knew that {N} was afraid of the {p}.",
    "{N} did not dare to go to the {p} alone.",
    '"There is something in the {p}," people said, and {N} was afraid.',
  ),
  step(
    "One day {f} went there to look for {a o} and did not come back.",
    "But {his} friend, {f}, had left {a o} there.",
    "But in the {p} there was {a o}, and {f} needed it.",
  ),
  optional("{N} waited and waited.", "The sun went down, and the stars came out."),
  step(
    '"I must be brave," said {N}, and {he} went.',
    "So {N} took a deep breath and walked on.",
    "Then {N} counted to three and went in.",
  ),
  step(
    "It was dark, and the wind sang in the trees.",
    "Every step was hard, but {he} did not turn back.",
    "Something moved, but it was only a leaf.",
  ),
  step(
    "And there was the {t}, shining in the dark.",
    "At last {he} saw the {t} on the ground.",
    "In a corner {he} found the {t}.",
  ),
  step(
    '"You are the bravest friend I have," said {f}.',
    "{F} was so glad to see {him} that they both laughed.",
    "{N} brought the {t} to {f}, and {f} cheered.",
  ),
];

/** A long way to a hidden thing. */
export const journey: Plot = [
  step(
    "One day {N} heard of {a o} that was hidden far away.",
    '"Far behind the {p} there is {a o}," said an old bird to {N}.',
    "In an old book {N} read about {a o}.",
  ),
  step(
    "{He} packed some bread and set out.",
    "So {N} put on {his} boots and went to find the {t}.",
    "{N} wanted to see the {t} with {his} own eyes.",
  ),
  step(
    "{He} crossed a river and climbed a hill.",
    "{He} walked for three days and three nights.",
    "The way was long, and {his} feet hurt.",
  ),
  optional("Once {he} almost turned back.", "At night {he} slept under the stars."),
  step(
    "Near the {p} {he} met {af}, who was looking for the {t} too.",
    'On the road {he} met {af}. "Take me with you," said {f}.',
    "Then {f} showed {him} the way.",
  ),
  step(
    "Together they came to a cave, and in the cave was the {t}.",
    "Behind a waterfall they found the {t} at last.",
    "Under the roots of a tree lay the {t}.",
  ),
  step(
    "But the best part of the journey was the way home with {f}.",
    "{N} looked at the {t} for a long time, and then they went home singing.",
    "They put the {t} in the middle of the village, where all could see it.",
  ),
];
