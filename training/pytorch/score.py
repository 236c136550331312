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
    """Accuracy a family, hops and redundancy, the perplexity of stories, and what is found after how many layers.

    `found_after`: for each number of hops the share of tasks without filler in which the states after 2, 4, … layers, read
    like final ones, tell what takes the hops to find.
    """
    cells, loss, count, found = defaultdict(list), 0.0, 0, defaultdict(list)
    depths = range(2, model.c.layers + 1, 2)
    ordered = sorted(validation, key=lambda item: len(item["ids"]))
    for start in range(0, len(ordered), rows):
        items = ordered[start : start + rows]
        longest = max(len(item["ids"]) for item in items)
        ids = torch.tensor([item["ids"] + [3] * (longest - len(item["ids"])) for item in items])
        final, between = model.forward_with(ids, depths)
        for index, (item, row) in enumerate(zip(items, final)):
            target = torch.tensor(item["ids"][item["from"] :])
            predicted = model.logits(row[item["from"] - 1 : len(item["ids"]) - 1])
            if item["kind"] == "story":
                loss += F.cross_entropy(predicted, target, reduction="sum").item()
                count += len(target)
            else:
                cells[item["family"], item["hops"], item["redundancy"]].append(bool((predicted.argmax(-1) == target).all()))
                if item["redundancy"] == 0 and item.get("found", -1) > 0 and item["family"] != "rule":
                    at = item["found"]
                    told = [model.logits(x[index, at - 1]).argmax(-1).item() == item["ids"][at] for x in between]
                    found[item["hops"]].append(told)
    accuracy = {f"{family}/{hops}/{redundancy}": round(sum(hits) / len(hits), 3)
                for (family, hops, redundancy), hits in sorted(cells.items())}
    found_after = {f"{hops} hops": {f"{depth} layers": round(sum(told) / len(told), 3) for depth, told in zip(depths, zip(*rows))}
                   for hops, rows in sorted(found.items())}
    return {"accuracy": accuracy, "found_after": found_after, "story_perplexity": round(math.exp(loss / max(1, count)), 3)}


if __name__ == "__main__":
    from model import load_model

    torch.set_num_threads(2)
    model = load_model(torch.load(sys.argv[2]))
    print(json.dumps(score(model, read_validation(sys.argv[1])), indent=1))
