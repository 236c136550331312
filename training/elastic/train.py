"""Trains a model whose parts are in order for all its levels: `python -m elastic.train FOLDER SHARDS VALIDATION RUN [options]`.

Goes on from RUN/checkpoint.pt if it is there. Each step runs a batch whole and at one other level: the whole is trained as it was before, the level
on the same text and on what the whole answers (one random level a step as in MatFormer, arXiv 2310.07707; from the whole's answers as in
slimmable networks, arXiv 1903.05134). Weights are shared, so levels need no corrections of their own. With --static N level N alone is trained, on the text: a model of one size from the
same beginning, for `bench/elastic` to compare with.
"""
import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from elastic.folder import read_folder, write_folder
from elastic.losses import answers, counted
from elastic.model import load_elastic, save_elastic
from elastic.score import score_levels
from pytorch.muon import Muon
from pytorch.score import read_validation
from pytorch.shards import batches

UNSAID = 0.5
"""The weight of the deep supervision, as in `pytorch/train.py`."""
LEAST_OFTEN = 0.5
"""How often the other level is the least one, which has most to learn; the rest is shared evenly."""

parser = argparse.ArgumentParser()
parser.add_argument("ordered", type=Path)
parser.add_argument("shards", type=Path)
parser.add_argument("validation", type=Path)
parser.add_argument("run", type=Path)
parser.add_argument("--anchors", type=int, nargs="*", default=[])
parser.add_argument("--minutes", type=float, default=60)
parser.add_argument("--steps", type=int, default=10**9, help="end after so many at the latest")
parser.add_argument("--fall", type=float, default=0.6, help="share of the run in which the rate falls to zero")
parser.add_argument("--tokens", type=int, default=2048, help="tokens a step, padding included")
parser.add_argument("--rate", type=float, default=2e-3)
parser.add_argument("--static", type=int, help="train this level alone")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--score-every", type=float, default=8, help="minutes")


def level_of(model, generator):
    """A level below the whole."""
    return 1 if generator.random() < LEAST_OFTEN else int(generator.integers(2, model.slices))


def train_step(model, optimizers, batch, level):
    """One step on a batch (ids, kinds, steps) at the whole and at a level. Returns both losses on the answers."""
    ids, kinds, steps = batch
    counts = counted(kinds[:, 1:])
    whole = answers(model, ids, kinds, steps, counts)
    loss = whole.loss()
    (loss + UNSAID * whole.unsaid).backward()
    part = answers(model, ids, kinds, steps, counts, level)
    lost = part.loss()
    (0.5 * lost + part.distance(whole) + UNSAID / 2 * part.unsaid).backward()
    advance(model, optimizers)
    return loss.item(), lost.item()


def train_static(model, optimizers, batch, level):
    """One step on a batch at a level, nothing else. Returns its loss on the answers."""
    ids, kinds, steps = batch
    part = answers(model, ids, kinds, steps, counted(kinds[:, 1:]), level)
    lost = part.loss()
    (lost + UNSAID * part.unsaid).backward()
    advance(model, optimizers)
    return lost.item()


def advance(model, optimizers):
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()


def optimizers_of(model, rate):
    deep = [weight for name, weight in model.named_parameters() if weight.dim() == 2 and "embed" not in name]
    rest = [weight for name, weight in model.named_parameters() if weight.dim() == 1 or "embed" in name]
    return [Muon(deep, rate, precision=torch.float32), torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0)]


def main(arguments):
    torch.set_num_threads(1)
    arguments.run.mkdir(parents=True, exist_ok=True)
    path = arguments.run / "checkpoint.pt"
    checkpoint = torch.load(path) if path.exists() else {}
    model = load_elastic(checkpoint) if checkpoint else read_folder(arguments.ordered)
    model.anchors = tuple(arguments.anchors)
    optimizers = optimizers_of(model, arguments.rate)
    for optimizer, state in zip(optimizers, checkpoint.get("optimizers", [])):
        optimizer.load_state_dict(state)
    step, before = checkpoint.get("step", 0), checkpoint.get("seconds", 0.0)
    started, log = time.time(), open(arguments.run / "log.jsonl", "a", buffering=1)
    torch.manual_seed(arguments.seed + step)
    generator = np.random.default_rng([arguments.seed, step])
    validation = read_validation(arguments.validation)[::4]

    def seconds():
        return before + time.time() - started

    def progress():
        return max(seconds() / 60 / arguments.minutes, step / arguments.steps)

    def say(**entry):
        line = json.dumps({"step": step, "seconds": round(seconds()), **entry})
        log.write(line + "\n")
        print(line, flush=True)

    def save():
        save_elastic(path, model, step=step, seconds=seconds(), optimizers=[optimizer.state_dict() for optimizer in optimizers])

    def text():
        shards = sorted(arguments.shards.glob("shard-*.bin"))
        while True:
            for shard in generator.permutation(len(shards)):
                yield from batches(shards[shard], arguments.tokens, generator, 0, 1)

    saved = scored = time.time()
    losses = {level: [] for level in range(1, model.slices + 1)}
    for batch in text():
        rate = arguments.rate * min(1, (step + 1) / 50, max(0, (1 - progress()) / arguments.fall))
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        level = arguments.static or level_of(model, generator)
        if arguments.static:
            losses[level].append(train_static(model, optimizers, batch, level))
        else:
            whole, part = train_step(model, optimizers, batch, level)
            losses[model.slices].append(whole)
            losses[level].append(part)
        step += 1
        if step % 25 == 0:
            means = {level: round(sum(each) / max(1, len(each)), 3) for level, each in losses.items()}
            say(losses=means, rate=round(rate, 6), progress=round(progress(), 3))
            losses = {level: [] for level in losses}
        if time.time() - saved > 120:
            save()
            saved = time.time()
        if time.time() - scored > 60 * arguments.score_every:
            say(scores=score_levels(model, validation))
            scored = time.time()
        if progress() >= 1:
            break
    save()
    write_folder(model, arguments.run / "model")
    say(scores=score_levels(model, validation))


if __name__ == "__main__":
    main(parser.parse_args())
