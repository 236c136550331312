"""Command: how good a chooser is on held-out prompts.

`python -m chooser.evaluate rights TRAINED.jsonl HELD.jsonl` compares its guesses with the truth (`label_right.py`; the base rate of each pair
is that of the prompts it was trained on). `python -m chooser.evaluate needs CHOOSER.pt PROMPTS.jsonl NEEDS.jsonl` says how many of the
sentences that a model needs are left at each prompt level (`label_needs.py` by leaving out).
"""
import json
import random
import sys

import torch

from chooser.prompts import PROMPT_SHARES, kept_words, read_prompts, sentences_of
from chooser.train import judge, load_chooser

# A sentence without which so much of the answer's probability goes is needed.
NEEDED = 0.3


def read_rights(path):
    rows = [json.loads(line) for line in open(path)]
    return rows, torch.tensor([row["right"] for row in rows], dtype=torch.float32)


def brier(guess, right):
    return ((guess - right) ** 2).mean().item()


def evaluate_rights(trained_path, held_path):
    _, trained = read_rights(trained_path)
    rows, right = read_rights(held_path)
    guess, base = torch.tensor([row["guess"] for row in rows]), trained.mean(0).expand_as(right)
    print(f"{len(rows)} held-out prompts, {len(trained)} trained on; right at (prompt level, model level):")
    for share, cells, guessed in zip(PROMPT_SHARES, right.mean(0).tolist(), guess.mean(0).tolist()):
        print(f"  {share:4.0%}  right", *(f"{cell:6.1%}" for cell in cells), "  guessed", *(f"{cell:6.1%}" for cell in guessed))
    print(f"Brier score {brier(guess, right):.4f}; of each pair's base rate {brier(base, right):.4f}")
    agree = lambda told: ((told > 0.5) == (right > 0.5)).float().mean().item()
    print(f"right or not told rightly {agree(guess):.1%}; by the base rate {agree(base):.1%}")
    for low in (0, 0.2, 0.4, 0.6, 0.8):
        inside = (guess >= low) & (guess < low + 0.2 + (low == 0.8))
        if inside.any():
            print(f"  guessed {low:.1f} to {low + 0.2:.1f}: {right[inside].mean():6.1%} right, of {int(inside.sum())}")


def share_kept(prompt, needs, scores):
    """Of each prompt level the needed sentences that are left, and how many are needed."""
    needed = {words[0]["sentence"] for words, need in zip(sentences_of(prompt), needs) if need > NEEDED}
    left = [{word["sentence"] for word in kept_words(prompt, scores, share)} for share in PROMPT_SHARES]
    return [len(needed & kept) for kept in left], len(needed)


def evaluate_needs(chooser, prompts, needs):
    draw = random.Random(1)
    anything = []
    for prompt in prompts:
        scores = {words[0]["sentence"]: draw.random() for words in sentences_of(prompt)}
        anything.append([scores[word["sentence"]] for word in prompt["words"] for _ in range(word["start"], word["end"])])
    told = {"the chooser": [keep for keep, _ in judge(chooser, prompts)], "at random": anything}
    print(f"needed sentences left at {', '.join(f'{share:.0%}' for share in PROMPT_SHARES)} of {len(prompts)} prompts:")
    for name, scores in told.items():
        counts = [share_kept(*one) for one in zip(prompts, needs, scores)]
        total = sum(needed for _, needed in counts)
        print(f"  {name:12}", *(f"{sum(kept[at] for kept, _ in counts) / total:6.1%}" for at in range(len(PROMPT_SHARES))))


if __name__ == "__main__":
    part, first, second, *rest = sys.argv[1:]
    torch.set_num_threads(1)
    if part == "rights":
        evaluate_rights(first, second)
    else:
        told = [json.loads(line) for line in open(rest[0])]
        evaluate_needs(load_chooser(first).eval(), read_prompts(second)[: len(told)], told)
