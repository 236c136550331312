"""Scores a model at each of its levels on what write-validation.ts wrote: `python -m elastic.score VALIDATION CHECKPOINT [SCORES.json]`.

An answer counts as in `pytorch/score.py`: right at each of its tokens, given those before.
"""
import json
import sys
from collections import defaultdict

import torch

from elastic.model import load_elastic
from pytorch.score import read_validation, score


class AtLevel:
    """A model at a level, as `pytorch.score` runs one."""

    def __init__(self, model, level):
        self.c, self.model, self.level, self.logits = model.c, model, level, model.logits

    def forward_with(self, ids, after):
        return self.model.forward_with(ids, after, self.level)


def score_levels(model, validation):
    """For each level the share of right answers: all tasks, by family, by hops, by redundancy; and the stories' perplexity."""
    return {level: summary(score(AtLevel(model, level), validation)) for level in range(1, model.slices + 1)}


def summary(scores):
    """The means over the cells, which have equally many tasks."""
    groups = defaultdict(list)
    for cell, accuracy in scores["accuracy"].items():
        family, hops, redundancy = cell.split("/")
        for group in ("all", family, f"{hops} hops", f"filler {redundancy}"):
            groups[group].append(accuracy)
    return {group: round(sum(each) / len(each), 3) for group, each in groups.items()} | {"story": scores["story_perplexity"]}


if __name__ == "__main__":
    torch.set_num_threads(1)
    validation, checkpoint, *rest = sys.argv[1:]
    scores = score_levels(load_elastic(checkpoint), read_validation(validation))
    for level, of_level in scores.items():
        print(f"level {level}: {json.dumps(of_level)}", flush=True)
    if rest:
        with open(rest[0], "w") as file:
            json.dump(scores, file, indent=1)
