"""Trains a chooser, in two parts, since what it keeps of a prompt decides where the model is right.

`python -m chooser.train keep PROMPTS.jsonl NEEDS.jsonl MODEL.pt CHOOSER.pt [EPOCHS]` teaches which sentences matter, a chooser in the
place of the model goes on learning it;
`python -m chooser.train right PROMPTS.jsonl RIGHTS.jsonl CHOOSER.pt OUT.pt`, on other prompts, how likely an answer is right at each pair
of levels: only the second head learns then, so that what is kept stays what the labels were made with.
"""
import json
import random
import sys

import torch
import torch.nn.functional as F

from chooser.model import Chooser
from chooser.prompts import read_prompts, sentences_of, size

ROWS = 24


def batches(items, shuffle):
    """Places of prompts in batches of about the same length, in any order."""
    order = sorted(range(len(items)), key=lambda place: (len(items[place]["tokens"]), place))
    groups = [order[start : start + ROWS] for start in range(0, len(order), ROWS)]
    if shuffle:
        random.shuffle(groups)
    return groups


def padded(prompts):
    """Token ids [rows, longest], and which of them are real."""
    longest = max(len(prompt["tokens"]) for prompt in prompts)
    ids = torch.zeros((len(prompts), longest), dtype=torch.long)
    real = torch.zeros((len(prompts), longest), dtype=torch.bool)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt["tokens"])] = torch.tensor(prompt["tokens"])
        real[row, : len(prompt["tokens"])] = True
    return ids, real


def spread(prompts, needs, longest):
    """What each token's score is to be, and its weight: each sentence counts as much as any other."""
    targets, weights = torch.zeros((len(prompts), longest)), torch.zeros((len(prompts), longest))
    for row, (prompt, told) in enumerate(zip(prompts, needs)):
        for words, need in zip(sentences_of(prompt), told):
            targets[row, words[0]["start"] : words[-1]["end"]] = need
            weights[row, words[0]["start"] : words[-1]["end"]] = 1 / size(words) / len(told)
    return targets, weights


@torch.no_grad()
def judge(chooser, prompts):
    """For each prompt its tokens' scores, and the probabilities [prompt level][model level]."""
    told = [None] * len(prompts)
    for group in batches(prompts, shuffle=False):
        chosen = [prompts[place] for place in group]
        keep, right = (logits.sigmoid().tolist() for logits in chooser(*padded(chosen)))
        for row, place in enumerate(group):
            told[place] = (keep[row][: len(prompts[place]["tokens"])], right[row])
    return told


def train(chooser, prompts, epochs, rate, loss_of):
    """Minimises the mean of `loss_of(places, keep logits, right logits, real)`; the rate falls to nothing."""
    optimiser = torch.optim.AdamW(chooser.parameters(), rate, betas=(0.9, 0.98), weight_decay=0.01)
    steps = epochs * len(batches(prompts, shuffle=False))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1, (step + 1) / 40) * (1 - step / (steps + 1)))
    for epoch in range(epochs):
        total = 0.0
        for group in (groups := batches(prompts, shuffle=True)):
            ids, real = padded([prompts[place] for place in group])
            loss = loss_of(group, *chooser(ids, real), real)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(chooser.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1} of {epochs}: {total / len(groups):.4f}", flush=True)


def train_keep(chooser, prompts, needs, epochs):
    def loss_of(group, keep, _right, _real):
        targets, weights = spread([prompts[place] for place in group], [needs[place] for place in group], keep.shape[1])
        return (F.binary_cross_entropy_with_logits(keep, targets, reduction="none") * weights).sum() / len(group)

    train(chooser, prompts, epochs, 3e-3, loss_of)


def train_right(chooser, prompts, rights, steps=600, held=0.2):
    """Teaches the second head alone, from its base rates on, until a fifth of the prompts that it does not learn from says that it is enough."""
    with torch.no_grad():
        pooled = torch.cat([chooser.pool(chooser.read(ids, real), real) for ids, real in (padded([prompt]) for prompt in prompts)])
    labels = torch.tensor(rights, dtype=torch.float32)
    with torch.no_grad():
        rates = (labels.flatten(1).sum(0) + 1) / (len(labels) + 2)
        chooser.right.bias.copy_(torch.logit(rates))
        chooser.right.weight.mul_(0.1)
    apart = int(len(prompts) * held)
    heads = [*chooser.pooled.parameters(), *chooser.right.parameters()]
    optimiser = torch.optim.AdamW(heads, 2e-3, weight_decay=0.1)
    loss_of = lambda some: F.binary_cross_entropy_with_logits(chooser.pairs_of(pooled[some]), labels[some])
    best, kept = float("inf"), None
    for step in range(steps):
        optimiser.zero_grad()
        loss_of(slice(apart, None)).backward()
        optimiser.step()
        with torch.no_grad():
            apart_loss = loss_of(slice(0, apart)).item()
        if apart_loss < best:
            best, at, kept = apart_loss, step, {name: value.clone() for name, value in chooser.state_dict().items()}
    chooser.load_state_dict(kept)
    print(f"step {at + 1} of {steps}: {best:.4f} on {apart} prompts, {loss_of(slice(apart, None)).item():.4f} on the rest")


def begin(model):
    """A chooser whose embedding is what of the model's own varies most."""
    table = model["embed_tokens.weight"].float()
    chooser = Chooser(table.shape[0])
    centred = table - table.mean(0)
    _, _, directions = torch.linalg.svd(centred, full_matrices=False)
    main = centred @ directions[: chooser.embedding.shape[1]].T
    with torch.no_grad():
        chooser.embedding.copy_(main / main.std() * 0.5)
    return chooser


def load_chooser(path):
    saved = torch.load(path)
    chooser = Chooser(saved["embedding"].shape[0], model_levels=saved["right.weight"].shape[0] // 5)
    chooser.load_state_dict(saved)
    return chooser


if __name__ == "__main__":
    part, prompts_path, labels_path, start, out, *epochs = sys.argv[1:]
    torch.set_num_threads(1)
    torch.manual_seed(1)
    random.seed(1)
    labels = [json.loads(line) for line in open(labels_path)]
    prompts = read_prompts(prompts_path)[: len(labels)]
    if part == "keep":
        saved = torch.load(start)
        chooser = begin(saved["model"]) if "model" in saved else load_chooser(start)
        train_keep(chooser, prompts, labels, int(epochs[0]) if epochs else 12)
    else:
        chooser = load_chooser(start)
        train_right(chooser, prompts, [label["right"] for label in labels])
    torch.save(chooser.state_dict(), out)
