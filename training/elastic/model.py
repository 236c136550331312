"""The built-in model with levels: level n of S runs the first n slices of every layer that is no anchor.

A slice is kv_heads/S groups of attention heads (keys and values with their queries) and feed_forward/S neurons. Weights are in the
order of the slices, so a level is a prefix of rows (queries, keys, values, gate, up) or of columns (output, down): views, no copies.
"""
from pathlib import Path

import torch
import torch.nn.functional as F

from pytorch.model import Config, Model, attend, rms_norm, rotate, save_checkpoint


class ElasticModel(Model):
    """Like `Model`, whose forward functions take a level too, 1 to `slices`; None is the whole model."""

    def __init__(self, c: Config, slices: int = 4, anchors=()):
        if c.kv_heads % slices or c.feed_forward % slices:
            raise ValueError(f"{slices} slices do not divide {c.kv_heads} groups of heads and {c.feed_forward} neurons")
        super().__init__(c)
        self.slices, self.anchors = slices, tuple(anchors)
        self.own_head = None

    def forward(self, ids, level=None):
        """Token ids [rows, length] to the final hidden states [rows, length, width]; `logits` goes on from there."""
        return self.forward_with(ids, (), level)[0]

    def forward_with(self, ids, after, level=None):
        """As `Model.forward_with`, at a level; a sequence of levels names one for each layer (anchors too)."""
        x = self.embed_tokens(ids)
        cos, sin = self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]
        between = []
        for count, (layer, run) in enumerate(zip(self.layers, self.slices_run(level)), 1):
            x = run_slices(layer, x, cos, sin, run / self.slices)
            if count in after:
                between.append(rms_norm(x, self.norm, self.c.norm_epsilon))
        return rms_norm(x, self.norm, self.c.norm_epsilon), between

    def logits(self, hidden):
        return super().logits(hidden) if self.own_head is None else F.linear(hidden, self.own_head)

    def slices_run(self, level):
        """How many slices run in each layer at a level."""
        if level is not None and not isinstance(level, int):
            return list(level)
        return [self.slices if level is None or index in self.anchors else level for index in range(self.c.layers)]


def run_slices(layer, x, cos, sin, share):
    """A layer of which the first `share` of heads and neurons run."""
    c = layer.c
    rows, length, _ = x.shape
    heads, kv_heads, neurons = (int(count * share) for count in (c.heads, c.kv_heads, c.feed_forward))
    wide, narrow = heads * c.head_size, kv_heads * c.head_size
    h = rms_norm(x, layer.input_layernorm, c.norm_epsilon)
    q = F.linear(h, layer.q_proj.weight[:wide]).view(rows, length, heads, c.head_size).transpose(1, 2)
    k = F.linear(h, layer.k_proj.weight[:narrow]).view(rows, length, kv_heads, c.head_size).transpose(1, 2)
    v = F.linear(h, layer.v_proj.weight[:narrow]).view(rows, length, kv_heads, c.head_size).transpose(1, 2)
    q, k = rotate(q, cos, sin), rotate(k, cos, sin)
    k = k.repeat_interleave(heads // kv_heads, 1)
    v = v.repeat_interleave(heads // kv_heads, 1)
    # As in `Layer`: on CPUs the backward pass is faster at float32.
    with torch.autocast(x.device.type, enabled=False):
        a = attend(q.float(), k.float(), v.float())
    x = x + F.linear(a.transpose(1, 2).reshape(rows, length, wide), layer.o_proj.weight[:, :wide])
    h = rms_norm(x, layer.post_attention_layernorm, c.norm_epsilon)
    up = F.silu(F.linear(h, layer.gate_proj.weight[:neurons])) * F.linear(h, layer.up_proj.weight[:neurons])
    return x + F.linear(up, layer.down_proj.weight[:, :neurons])


def load_elastic(checkpoint) -> ElasticModel:
    """Reads a checkpoint (or its path) that `save_elastic` wrote; one without `elastic` is a model of 4 slices without anchors."""
    if isinstance(checkpoint, (str, Path)):
        checkpoint = torch.load(checkpoint)
    model = ElasticModel(Config(**checkpoint["config"]), **checkpoint.get("elastic", {}))
    model.load_state_dict(checkpoint["model"])
    return model


def save_elastic(path, model: ElasticModel, **rest):
    """Writes `config`, `model` and `elastic` {slices, anchors}, and what else is given."""
    save_checkpoint(Path(path), model, elastic={"slices": model.slices, "anchors": list(model.anchors)}, **rest)
