"""The built-in model in plain PyTorch: Llama's architecture with Hugging Face's names and rotary layout."""
import json
import struct
from dataclasses import asdict, dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Config:
    vocabulary: int = 2048
    width: int = 256
    layers: int = 6
    heads: int = 8
    kv_heads: int = 4
    head_size: int = 32
    feed_forward: int = 640
    context: int = 512
    norm_epsilon: float = 1e-5
    rope_theta: float = 10000.0


class Layer(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        self.input_layernorm = nn.Parameter(torch.ones(c.width))
        self.post_attention_layernorm = nn.Parameter(torch.ones(c.width))
        self.q_proj = nn.Linear(c.width, c.heads * c.head_size, bias=False)
        self.k_proj = nn.Linear(c.width, c.kv_heads * c.head_size, bias=False)
        self.v_proj = nn.Linear(c.width, c.kv_heads * c.head_size, bias=False)
        self.o_proj = nn.Linear(c.heads * c.head_size, c.width, bias=False)
        self.gate_proj = nn.Linear(c.width, c.feed_forward, bias=False)
        self.up_proj = nn.Linear(c.width, c.feed_forward, bias=False)
        self.down_proj = nn.Linear(c.feed_forward, c.width, bias=False)

    def forward(self, x, cos, sin):
        c = self.c
        rows, length, _ = x.shape
        h = rms_norm(x, self.input_layernorm, c.norm_epsilon)
        q = self.q_proj(h).view(rows, length, c.heads, c.head_size).transpose(1, 2)
        k = self.k_proj(h).view(rows, length, c.kv_heads, c.head_size).transpose(1, 2)
        v = self.v_proj(h).view(rows, length, c.kv_heads, c.head_size).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if c.kv_heads < c.heads:
            k = k.repeat_interleave(c.heads // c.kv_heads, 1)
            v = v.repeat_interleave(c.heads // c.kv_heads, 1)
        # On CPUs the backward pass of this is four times as fast at float32 as at bfloat16.
        with torch.autocast(x.device.type, enabled=False):
            a = attend(q.float(), k.float(), v.float())
        x = x + self.o_proj(a.transpose(1, 2).reshape(rows, length, c.heads * c.head_size))
        h = rms_norm(x, self.post_attention_layernorm, c.norm_epsilon)
        return x + self.down_proj(F.silu(self.gate_proj(h)) * self.up_proj(h))


def rms_norm(x, weight, epsilon):
    return x * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + epsilon) * weight


def attend(q, k, v):
    """Causal attention. PyTorch has it in one piece from 2.0 on; Debian 12 has 1.13."""
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    length = q.shape[2]
    later = torch.full((length, length), float("-inf"), device=q.device).triu(1)
    return (q @ k.transpose(2, 3) * q.shape[3] ** -0.5 + later).softmax(-1) @ v


def rotate(x, cos, sin):
    """Half-split rotary: element i turns with element i + head_size / 2."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Model(nn.Module):
    """Token ids [rows, length] to the final hidden states [rows, length, width]; `logits` goes on from there (tied head)."""

    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        self.embed_tokens = nn.Embedding(c.vocabulary, c.width)
        self.layers = nn.ModuleList(Layer(c) for _ in range(c.layers))
        self.norm = nn.Parameter(torch.ones(c.width))
        angles = torch.outer(
            torch.arange(c.context).float(),
            c.rope_theta ** (-torch.arange(0, c.head_size, 2).float() / c.head_size),
        )
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                deep = name.endswith(("o_proj.weight", "down_proj.weight"))
                spread = weight.shape[1] ** -0.5 if "embed" not in name else 0.05
                nn.init.normal_(weight, 0, spread * ((2 * c.layers) ** -0.5 if deep else 1))

    def forward(self, ids):
        return self.forward_with(ids, ())[0]

    def forward_with(self, ids, after):
        """The final states, and for each number of layers in `after` what the same norm makes of the states behind so many."""
        x = self.embed_tokens(ids)
        cos, sin = self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]
        between = []
        for count, layer in enumerate(self.layers, 1):
            x = layer(x, cos, sin)
            if count in after:
                between.append(rms_norm(x, self.norm, self.c.norm_epsilon))
        return rms_norm(x, self.norm, self.c.norm_epsilon), between

    def logits(self, hidden):
        return F.linear(hidden, self.embed_tokens.weight)


def count_parameters(model):
    return sum(weight.numel() for weight in model.parameters())


def save_folder(model: Model, folder, **more):
    """Writes config.json, with what else is given, and model.safetensors as Hugging Face's Llama has them."""
    c = model.c
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
        "vocab_size": c.vocabulary, "hidden_size": c.width, "num_hidden_layers": c.layers,
        "num_attention_heads": c.heads, "num_key_value_heads": c.kv_heads, "head_dim": c.head_size,
        "intermediate_size": c.feed_forward, "max_position_embeddings": c.context,
        "rms_norm_eps": c.norm_epsilon, "rope_theta": c.rope_theta, "tie_word_embeddings": True,
        "torch_dtype": "float32", "bos_token_id": 0, "eos_token_id": 3, **more,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    tensors = {"model.embed_tokens.weight": model.embed_tokens.weight, "model.norm.weight": model.norm}
    for i, layer in enumerate(model.layers):
        for name, weight in layer.named_parameters():
            part = "self_attn." if name[0] in "qkvo" and "_proj" in name else "mlp." if "_proj" in name else ""
            tensors[f"model.layers.{i}.{part}{name.removesuffix('.weight')}.weight"] = weight
    header, at, pieces = {}, 0, []
    for name, weight in tensors.items():
        data = weight.detach().float().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(weight.shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
        pieces.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(pieces))


def save_checkpoint(path, model, **rest):
    temporary = path.with_suffix(".tmp")
    torch.save({"config": asdict(model.c), "model": model.state_dict(), **rest}, temporary)
    temporary.replace(path)


def load_model(checkpoint):
    model = Model(Config(**checkpoint["config"]))
    model.load_state_dict(checkpoint["model"])
    return model
