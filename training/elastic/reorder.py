"""Puts groups of heads and neurons of each layer in another order, which changes nothing of what the whole layer gives."""
import torch


@torch.no_grad()
def reorder(model, groups, neurons):
    """`groups` [layers, kv_heads] and `neurons` [layers, feed_forward] name in their new order the old places."""
    c = model.c
    for layer, of_groups, of_neurons in zip(model.layers, groups, neurons):
        narrow = elements(of_groups, c.head_size)
        wide = elements(of_groups, c.head_size * (c.heads // c.kv_heads))
        for projection, order in ((layer.q_proj, wide), (layer.k_proj, narrow), (layer.v_proj, narrow),
                                  (layer.gate_proj, of_neurons), (layer.up_proj, of_neurons)):
            projection.weight.copy_(projection.weight[order].clone())
        for projection, order in ((layer.o_proj, wide), (layer.down_proj, of_neurons)):
            projection.weight.copy_(projection.weight[:, order].clone())


def elements(groups, size):
    """The places of all elements of groups of a size."""
    return (groups[:, None] * size + torch.arange(size)).flatten()
