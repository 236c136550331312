"""A start for the weights from which look-up in the context is learned in minutes instead of hours.

Small models need long to find the heads of induction (Olsson et al. 2022, arXiv 2209.11895): some that look at a token before,
and some that look for the place after an earlier occurrence of it. Here both kinds are there from the first step, roughly: four
heads of layer 0 look one to four tokens back and write a projection of what they see into parts of the residual stream
of their own; heads of layer 1 look for places where the token `i + 1` back is what is `i` back here, and copy what
they find. Heads of every second layer from 2 on look for places after what was found so far, for the next hop. All is
ordinary weights of an ordinary Llama, and is trained on like the rest.
"""
import torch


@torch.no_grad()
def start_induction(model, peak=6.0, match=9.0):
    """Writes into layers 0 and 1 and every second one from 2 on. `peak`: how sharply heads look back; `match`: the score of an equal token."""
    c = model.c
    for layer in model.layers:
        # Else what the random rest writes drowns the embedding.
        layer.o_proj.weight *= 0.2
        layer.down_proj.weight *= 0.2
    size, half, shared = c.head_size, c.head_size // 2, c.heads // c.kv_heads
    first, second = model.layers[0], model.layers[1]
    basis = torch.linalg.qr(torch.randn(c.width, c.width))[0]
    common, parts = basis[0], basis[1 : 1 + 5 * size].view(5, size, c.width)
    embedding = model.embed_tokens.weight
    embedding -= (embedding @ common).outer(common)
    norm = embedding.norm(dim=1).mean()
    # What all tokens have in common is what a head without biases can turn into a fixed query and key.
    embedding += norm * common
    strength = (c.width / 2) ** 0.5

    def rows(head):
        return slice(head * size, (head + 1) * size)

    frequencies = c.rope_theta ** (-torch.arange(half) / half)
    fast = (torch.arange(half) < 5).float()
    scale = (peak * size**0.5) ** 0.5 / strength
    for head in range(4):
        back = head + 1
        turned = torch.cat((fast * torch.cos(frequencies * back), -fast * torch.sin(frequencies * back)))
        first.q_proj.weight[rows(head)] = scale * turned.outer(common)
        first.k_proj.weight[rows(head // shared)] = scale * torch.cat((fast, torch.zeros(half))).outer(common)
        first.v_proj.weight[rows(head // shared)] = parts[0]
        first.o_proj.weight[:, rows(head)] = norm / (size / 2) ** 0.5 * parts[back].T

    # Slow pairs of the rotary embedding hardly turn within a few hundred tokens: content is compared there.
    slow = (torch.arange(size) % half >= 7).float()[:, None]
    # An equal token scores `match`: measured on random ones.
    ids = torch.randint(c.vocabulary, (1, 64))
    x = first(model.embed_tokens(ids), model.cos[:64], model.sin[:64])[0]
    x = x * c.width**0.5 / x.norm(dim=-1, keepdim=True)
    for group in range(4):
        score = ((x[8:-1] @ parts[group].T) * (x[9:] @ parts[group + 1].T) * slow[:, 0]).sum(-1).mean()
        gain = (match * size**0.5 / score) ** 0.5
        copy = torch.randn(size, c.width) / c.width**0.5
        copy -= (copy @ common).outer(common)
        second.k_proj.weight[rows(group)] = gain * slow * parts[group + 1]
        second.v_proj.weight[rows(group)] = copy
        for head in range(group * shared, (group + 1) * shared):
            second.q_proj.weight[rows(head)] = gain * slow * parts[group]
            second.o_proj.weight[:, rows(head)] = 0.3 / shared * copy.T
        for layer in model.layers[2::2]:
            layer.k_proj.weight[rows(group)] = gain * slow * parts[group + 1]
            layer.v_proj.weight[rows(group)] = copy
            for head in range(group * shared, (group + 1) * shared):
                layer.q_proj.weight[rows(head)] = gain * slow * parts[0]
                layer.o_proj.weight[:, rows(head)] = 0.3 / shared * copy.T
