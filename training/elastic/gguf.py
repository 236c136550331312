"""Reads a Llama with a tied head from a GGUF file (Q8_0, F32): `python -m elastic.gguf MODEL.gguf FOLDER` writes it as a float32 folder."""
import struct
import sys
from pathlib import Path

import numpy as np
import torch

from elastic.model import ElasticModel
from pytorch.model import Config, save_folder

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
# Type of a tensor: name, elements of a block, bytes of a block.
TENSORS = {0: ("F32", 1, 4), 8: ("Q8_0", 32, 34)}
NAMES = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "q_proj.weight", "attn_k": "k_proj.weight",
    "attn_v": "v_proj.weight", "attn_output": "o_proj.weight", "ffn_gate": "gate_proj.weight", "ffn_up": "up_proj.weight",
    "ffn_down": "down_proj.weight",
}


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def scalar(self, kind):
        code = "<" + SCALARS[kind]
        (value,) = struct.unpack_from(code, self.data, self.at)
        self.at += struct.calcsize(code)
        return value

    def string(self):
        length = self.scalar(10)
        self.at += length
        return self.data[self.at - length : self.at].decode("utf8", "replace")

    def value(self, kind):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            of, count = self.scalar(4), self.scalar(10)
            return [self.value(of) for _ in range(count)]
        return self.scalar(kind)


def read_gguf(path):
    """Returns the metadata and the tensors, float32 [rows, columns], under GGUF's names."""
    data = open(path, "rb").read()
    reader = Reader(data)
    magic, _version = reader.scalar(4), reader.scalar(4)
    if magic != 0x46554747:
        raise ValueError(f"{path} is no GGUF file")
    tensors, keys = reader.scalar(10), reader.scalar(10)
    metadata = {}
    for _ in range(keys):
        key = reader.string()
        metadata[key] = reader.value(reader.scalar(4))
    infos = []
    for _ in range(tensors):
        name = reader.string()
        shape = [reader.scalar(10) for _ in range(reader.scalar(4))][::-1]
        infos.append((name, shape, reader.scalar(4), reader.scalar(10)))
    alignment = metadata.get("general.alignment", 32)
    start = -(-reader.at // alignment) * alignment
    return metadata, {name: dequantise(data, start + at, kind, shape) for name, shape, kind, at in infos}


def dequantise(data, at, kind, shape):
    if kind not in TENSORS:
        raise ValueError(f"Cannot read a tensor of type {kind}; only {', '.join(name for name, *_ in TENSORS.values())}")
    name, elements, size = TENSORS[kind]
    blocks = int(np.prod(shape)) // elements
    if name == "F32":
        return torch.from_numpy(np.frombuffer(data, np.float32, blocks, at).reshape(shape).copy())
    raw = np.frombuffer(data, np.uint8, blocks * size, at).reshape(blocks, size)
    scale = raw[:, :2].copy().view(np.float16).astype(np.float32)
    return torch.from_numpy((scale * raw[:, 2:].view(np.int8)).reshape(shape))


def half_split(weight, heads):
    """Rows of a head from GGUF's layout, rotary pairs next to each other, to Hugging Face's, half a head apart."""
    rows, columns = weight.shape
    return weight.view(heads, rows // heads // 2, 2, columns).transpose(1, 2).reshape(rows, columns).contiguous()


def model_of(path) -> ElasticModel:
    """The model in a GGUF file, at float32."""
    metadata, tensors = read_gguf(path)
    of = lambda key: metadata[f"llama.{key}"]
    c = Config(
        vocabulary=of("vocab_size"), width=of("embedding_length"), layers=of("block_count"), heads=of("attention.head_count"),
        kv_heads=of("attention.head_count_kv"), head_size=of("attention.key_length"), feed_forward=of("feed_forward_length"),
        context=of("context_length"), norm_epsilon=of("attention.layer_norm_rms_epsilon"), rope_theta=of("rope.freq_base"),
    )
    state = {"embed_tokens.weight": tensors["token_embd.weight"], "norm": tensors["output_norm.weight"]}
    for index in range(c.layers):
        for name, ours in NAMES.items():
            weight = tensors[f"blk.{index}.{name}.weight"]
            if name in ("attn_q", "attn_k"):
                weight = half_split(weight, c.heads if name == "attn_q" else c.kv_heads)
            state[f"layers.{index}.{ours}"] = weight
    slices, anchors = metadata.get("skein.elastic.slices", 4), metadata.get("skein.elastic.anchors", ())
    model = ElasticModel(c, slices, anchors)
    model.load_state_dict(state)
    return model


if __name__ == "__main__":
    save_folder(model_of(sys.argv[1]), Path(sys.argv[2]))
