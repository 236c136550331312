"""Which layers suffer most from being sliced: `python -m elastic.anchors FOLDER TEXT [BATCHES]`, of a folder in the order
of importance."""
import sys

import torch

from elastic.folder import read_folder
from elastic.importance import calibration
from elastic.losses import answers, counted


@torch.no_grad()
def harm(model, text, whole, sliced):
    """The loss on batches of text with each layer alone at the least level; `whole` and `sliced` are numbers of slices."""
    losses = []
    for index in range(model.c.layers):
        levels = [sliced if layer == index else whole for layer in range(model.c.layers)]
        losses.append(loss_at(model, text, levels))
    return losses


@torch.no_grad()
def loss_at(model, text, level):
    torch.manual_seed(1)
    each = [answers(model, ids, kinds, None, counted(kinds[:, 1:]), level).loss().item() for ids, kinds, _ in text]
    return sum(each) / len(each)


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder, text, *rest = sys.argv[1:]
    model = read_folder(folder)
    text = calibration(text, int(rest[0]) if rest else 8, seed=2)
    print(f"whole: {loss_at(model, text, None):.3f}")
    for index, loss in enumerate(harm(model, text, model.slices, 1)):
        print(f"layer {index} alone at level 1: {loss:.3f}")
    for level in range(1, model.slices):
        print(f"all at level {level}: {loss_at(model, text, level):.3f}")
