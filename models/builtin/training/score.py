"""Scores a model on the held-out set that write-validation.ts wrote. As a command: `python score.py VALIDATION CHECKPOINT`.

An answer counts as exact if the model's most likely token is right at each of its places given the right ones before: that
is the same as greedy decoding giving it whole.
"""
import json
import math
import sys
from collections import defaultdict

import torch
import torch.nn.functional as F


def read_validation(path):
    return [json.loads(line) for line in open(path)]


@torch.no_grad()
def score(model, validation, rows=48):
    """Accuracy a family, hops and redundancy, means, and the perplexity of stories."""
    cells, loss, count = defaultdict(list), 0.0, 0
    ordered = sorted(validation, key=lambda item: len(item["ids"]))
    for start in range(0, len(ordered), rows):
        items = ordered[start : start + rows]
        longest = max(len(item["ids"]) for item in items)
        ids = torch.tensor([item["ids"] + [3] * (longest - len(item["ids"])) for item in items])
        for item, row in zip(items, model(ids)):
            target = torch.tensor(item["ids"][item["from"] :])
            predicted = model.logits(row[item["from"] - 1 : len(item["ids"]) - 1])
            if item["kind"] == "story":
                loss += F.cross_entropy(predicted, target, reduction="sum").item()
                count += len(target)
            else:
                cells[item["family"], item["hops"], item["redundancy"]].append(bool((predicted.argmax(-1) == target).all()))
    accuracy = {f"{family}/{hops}/{redundancy}": round(sum(hits) / len(hits), 3)
                for (family, hops, redundancy), hits in sorted(cells.items())}
    return {"accuracy": accuracy, "story_perplexity": round(math.exp(loss / max(1, count)), 3)}


if __name__ == "__main__":
    from model import load_model

    torch.set_num_threads(2)
    model = load_model(torch.load(sys.argv[2]))
    print(json.dumps(score(model, read_validation(sys.argv[1])), indent=1))
