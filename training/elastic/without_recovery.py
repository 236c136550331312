"""What becomes of a model that is only reordered and sliced: `python -m elastic.without_recovery FOLDER ORDERED TEXT [ANCHORS]`.

For each level, with the parts in the order that they had and in that of `importance.py`, and without and with anchors (the `ANCHORS` layers
that suffer most, by default 1): the perplexity on a text, and how often the most likely token is the whole model's.
"""
import math
import sys

import torch
import torch.nn.functional as F

from elastic.anchors import harm
from elastic.folder import read_folder
from elastic.importance import calibration


@torch.no_grad()
def measure(model, text, level):
    """Perplexity at a level, and the share of positions at which it and the whole model agree."""
    loss, agree, count = 0.0, 0, 0
    for ids, _, _ in text:
        logits, whole = model.logits(model(ids[:, :-1], level)), model.logits(model(ids[:, :-1]))
        loss += F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="sum").item()
        agree += (logits.argmax(-1) == whole.argmax(-1)).sum().item()
        count += ids[:, 1:].numel()
    return math.exp(loss / count), agree / count


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder, ordered, path, *rest = sys.argv[1:]
    text = calibration(path, 1000, seed=3)
    # The first batches were calibrated on.
    calibrated, held_out = text[: len(text) // 2], text[len(text) // 2 :]
    model = read_folder(ordered)
    harms = harm(model, calibrated, model.slices, 1)
    anchors = sorted(sorted(range(len(harms)), key=lambda layer: -harms[layer])[: int(rest[0]) if rest else 1])
    print(f"loss with one layer at level 1: {', '.join(f'{loss:.2f}' for loss in harms)}; anchors {anchors}")
    for name, where in (("in the order that was", folder), ("by importance", ordered)):
        for kept in ((), anchors):
            model = read_folder(where, anchors=kept)
            told = [measure(model, held_out, level) for level in range(1, model.slices + 1)]
            print(f"{name}, anchors {list(kept)}: " + "; ".join(f"{ppl:.2f} {100 * agree:.0f}%" for ppl, agree in told))
