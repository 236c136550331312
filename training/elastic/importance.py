"""How much each group of heads and each neuron matters: |dL/dW · W| summed over its weights (arXiv 2409.09071, section 3.1).

As a command: `python -m elastic.importance CHECKPOINT SHARD ORDERED [BATCHES]` writes the checkpoint in the order of importance.
"""
import sys

import numpy as np
import torch

from elastic.losses import answers, counted
from elastic.model import load_elastic, save_elastic
from elastic.reorder import reorder
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


def calibration(shard, count, tokens=2048, seed=1):
    """The first `count` batches of a shard, in random order of their lengths."""
    text = batches(shard, tokens, np.random.default_rng(seed), 0, 1)
    return [batch for batch, _ in zip(text, range(count))]


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(1)
    checkpoint, shard, ordered, *rest = sys.argv[1:]
    model = load_elastic(checkpoint)
    groups, neurons = importance(model, calibration(shard, int(rest[0]) if rest else 30))
    reorder(model, groups.argsort(1, descending=True), neurons.argsort(1, descending=True))
    save_elastic(ordered, model)
    for index, (of_groups, of_neurons) in enumerate(zip(groups, neurons.sort(1, descending=True).values)):
        shares = [f"{share:.2f}" for share in (of_groups.sort(descending=True).values / of_groups.sum()).tolist()]
        quarters = [f"{share:.2f}" for share in (of_neurons.view(4, -1).sum(1) / of_neurons.sum()).tolist()]
        print(f"layer {index}: groups {' '.join(shares)}, quarters of neurons {' '.join(quarters)}")
