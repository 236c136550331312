"""The chooser in PyTorch: the twin of models/onnx/chooser.ts, whose names the weights have."""
import json
import struct

import torch
import torch.nn as nn
import torch.nn.functional as F

from pytorch.model import rms_norm, rotate

EPSILON, ROPE_THETA, TAPS = 1e-5, 10000.0, 5


class ChooserLayer(nn.Module):
    def __init__(self, width, feed_forward):
        super().__init__()
        self.attention_norm = nn.Parameter(torch.ones(width))
        self.feed_forward_norm = nn.Parameter(torch.ones(width))
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        self.attention_output = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, feed_forward, bias=False)
        self.down = nn.Linear(feed_forward, width, bias=False)

    def forward(self, x, real, cos, sin, heads):
        rows, length, width = x.shape
        packed = self.query_key_value(rms_norm(x, self.attention_norm, EPSILON))
        q, k, v = packed.view(rows, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        scores = rotate(q, cos, sin) @ rotate(k, cos, sin).transpose(2, 3) * (width // heads) ** -0.5
        attended = scores.masked_fill(~real[:, None, None], float("-inf")).softmax(-1) @ v
        x = x + self.attention_output(attended.transpose(1, 2).reshape(rows, length, width))
        return x + self.down(F.silu(self.up(rms_norm(x, self.feed_forward_norm, EPSILON))))


class Chooser(nn.Module):
    """Token ids [rows, length] and which of them are real to logits: `keep` [rows, length], `right` [rows, prompt levels, model levels]."""

    def __init__(self, vocabulary, width=64, layers=2, heads=2, feed_forward=128, positions=512, prompt_levels=5, model_levels=4):
        super().__init__()
        self.sizes = dict(vocabulary=vocabulary, width=width, layers=layers, heads=heads, feedForward=feed_forward,
                          positions=positions, promptLevels=prompt_levels, modelLevels=model_levels)
        self.heads, self.pairs = heads, (prompt_levels, model_levels)
        self.embedding = nn.Parameter(torch.randn(vocabulary, width) * 0.5)
        self.neighbours = nn.Parameter(torch.randn(width, 1, TAPS) * 0.2)
        self.layers = nn.ModuleList(ChooserLayer(width, feed_forward) for _ in range(layers))
        self.norm = nn.Parameter(torch.ones(width))
        self.keep = nn.Linear(width, 1)
        self.pooled = nn.Linear(2 * width, width)
        self.right = nn.Linear(width, prompt_levels * model_levels)
        half = width // heads // 2
        angles = torch.outer(torch.arange(positions).float(), ROPE_THETA ** (-torch.arange(half).float() / half))
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, ids, real):
        x = self.read(ids, real)
        return self.keep(x).squeeze(-1), self.pairs_of(self.pool(x, real))

    def read(self, ids, real):
        """The states of all tokens [rows, length, width], on which both heads stand."""
        # A token that is not there must not be a neighbour.
        x = F.embedding(ids, self.embedding) * real[..., None]
        x = x + F.conv1d(x.transpose(1, 2), self.neighbours, padding=TAPS // 2, groups=x.shape[2]).transpose(1, 2)
        length = ids.shape[1]
        for layer in self.layers:
            x = layer(x, real, self.cos[:length], self.sin[:length], self.heads)
        return rms_norm(x, self.norm, EPSILON)

    def pool(self, x, real):
        """What all tokens say together [rows, 2 width]."""
        mean = (x * real[..., None]).sum(1) / real.sum(1, keepdim=True)
        return torch.cat((mean, x.masked_fill(~real[..., None], float("-inf")).amax(1)), 1)

    def pairs_of(self, pooled):
        """Logits [rows, prompt levels, model levels]."""
        return self.right(F.silu(self.pooled(pooled))).view(-1, *self.pairs)


def save_folder(model, folder):
    """Writes config.json and model.safetensors, which export-chooser.ts reads."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(model.sizes, indent=1))
    header, at, pieces = {}, 0, []
    for name, weight in model.state_dict().items():
        data = weight.detach().float().contiguous().numpy().tobytes()
        header[name.removeprefix("layers.")] = {"dtype": "F32", "shape": list(weight.shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
        pieces.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(pieces))
