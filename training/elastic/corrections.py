"""Whether a correction of low rank helps a level: `python -m elastic.corrections CHECKPOINT SHARDS VALIDATION [LEVEL] [STEPS] [RANK]`.

As ElastiLM recovers what a level lost (arXiv 2409.09071): the weights are frozen, each matrix gets a product of two thin ones that only
this level adds (arXiv 2106.09685). Prints the level's scores before and after, and the share of weights that the correction has.
"""
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
from torch.nn.utils import parametrize

from elastic.losses import answers, counted
from elastic.model import load_elastic
from elastic.score import AtLevel, summary
from pytorch.score import read_validation, score
from pytorch.shards import batches

RATE = 2e-3


class LowRank(nn.Module):
    """Adds a correction to a weight; none at first."""

    def __init__(self, weight, rank):
        super().__init__()
        rows, columns = weight.shape
        self.down = nn.Parameter(torch.randn(rank, columns) * columns**-0.5)
        self.up = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight):
        return weight + self.up @ self.down


def add_corrections(model, rank):
    """Freezes a model and gives each matrix of its layers a correction. Returns their weights."""
    model.requires_grad_(False)
    corrections = []
    for layer in model.layers:
        for matrix in [part for part in layer.children() if isinstance(part, nn.Linear)]:
            corrections.append(LowRank(matrix.weight, rank))
            parametrize.register_parametrization(matrix, "weight", corrections[-1])
    return [weight for correction in corrections for weight in correction.parameters()]


def train_corrections(model, teacher, weights, shards, level, steps):
    optimizer = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.0)
    text = (batch for shard in shards for batch in batches(shard, 2048, np.random.default_rng(9), 0, 1))
    for step, (ids, kinds, _) in zip(range(steps), text):
        optimizer.param_groups[0]["lr"] = RATE * min(1, (step + 1) / 20, 2 * (1 - step / steps))
        counts = counted(kinds[:, 1:])
        with torch.no_grad():
            whole = answers(teacher, ids, kinds, None, counts)
        part = answers(model, ids, kinds, None, counts, level)
        optimizer.zero_grad()
        (0.5 * part.loss() + part.distance(whole)).backward()
        optimizer.step()


def main(checkpoint, shards, validation, level=1, steps=150, rank=8):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model, teacher = load_elastic(checkpoint), load_elastic(checkpoint)
    items = read_validation(validation)
    print("before", summary(score(AtLevel(model, level), items)), flush=True)
    weights = add_corrections(model, rank)
    ours, all_weights = sum(weight.numel() for weight in weights), sum(weight.numel() for weight in teacher.layers.parameters())
    train_corrections(model, teacher, weights, sorted(Path(shards).glob("shard-*.bin")), level, steps)
    print("after", summary(score(AtLevel(model, level), items)))
    print(f"{ours} weights, {100 * ours / all_weights:.1f}% of the layers'")


if __name__ == "__main__":
    main(*sys.argv[1:4], *(int(text) for text in sys.argv[4:]))
