"""How much each group of heads and each neuron matters: |dL/dW · W| summed over its weights (arXiv 2409.09071, section 3.1).

As a command: `python -m elastic.importance FOLDER TEXT ORDER.json [BATCHES]` writes the order, for `reorder.ts`, of a Hugging Face folder
on a shard of the training text or a file of JSON lines.
"""
import json
import sys

import numpy as np
import torch

from elastic.folder import read_folder
from elastic.losses import answers, counted
from pytorch.shards import batches

BY_ROWS = ("gate_proj", "up_proj")


def importance(model, text):
    """Returns for each layer the importance of its groups [kv_heads] and of its neurons [feed_forward] on batches of text."""
    c = model.c
    groups, neurons = torch.zeros(c.layers, c.kv_heads), torch.zeros(c.layers, c.feed_forward)
    for ids, kinds, _ in text:
        model.zero_grad()
        answers(model, ids, kinds, None, counted(kinds[:, 1:])).loss().backward()
        for index, layer in enumerate(model.layers):
            weighs = {name: (weight.grad * weight).abs().detach() for name, weight in layer.named_parameters() if weight.dim() == 2}
            for name in ("q_proj", "k_proj", "v_proj"):
                groups[index] += weighs[f"{name}.weight"].sum(1).view(c.kv_heads, -1).sum(1)
            groups[index] += weighs["o_proj.weight"].sum(0).view(c.kv_heads, -1).sum(1)
            neurons[index] += sum(weighs[f"{name}.weight"].sum(1) for name in BY_ROWS) + weighs["down_proj.weight"].sum(0)
    model.zero_grad()
    return groups, neurons


def calibration(path, count, tokens=2048, seed=1):
    """The first `count` batches of a shard in random order, or a file of JSON lines with `ids` of one length, 8 a batch."""
    if path.endswith(".jsonl"):
        ids = torch.tensor([json.loads(line)["ids"] for line in open(path)])
        return [(rows, torch.ones_like(rows), None) for rows in ids.split(8)[:count]]
    text = batches(path, tokens, np.random.default_rng(seed), 0, 1)
    return [batch for batch, _ in zip(text, range(count))]


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(1)
    folder, text, order, *rest = sys.argv[1:]
    groups, neurons = importance(read_folder(folder), calibration(text, int(rest[0]) if rest else 30))
    with open(order, "w") as file:
        json.dump({name: of.argsort(1, descending=True).tolist() for name, of in (("groups", groups), ("neurons", neurons))}, file)
    for index, (of_groups, of_neurons) in enumerate(zip(groups, neurons.sort(1, descending=True).values)):
        shares = [f"{share:.2f}" for share in (of_groups.sort(descending=True).values / of_groups.sum()).tolist()]
        quarters = [f"{share:.2f}" for share in (of_neurons.view(4, -1).sum(1) / of_neurons.sum()).tolist()]
        print(f"layer {index}: groups {' '.join(shares)}, quarters of neurons {' '.join(quarters)}")
