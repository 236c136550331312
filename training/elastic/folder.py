"""Hugging Face folders of a Llama at float32, as `pytorch.model.save_folder` and `reorder.ts` write them.

As a command: `python -m elastic.folder CHECKPOINT FOLDER` writes a checkpoint as a folder.
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch

from elastic.model import ElasticModel, load_elastic
from pytorch.model import Config, save_folder


def read_folder(folder, slices=4, anchors=()) -> ElasticModel:
    """The model of a folder. Its head may be a matrix of its own."""
    config = json.loads((Path(folder) / "config.json").read_text())
    tensors = read_safetensors(Path(folder) / "model.safetensors")
    heads = config["num_attention_heads"]
    model = ElasticModel(
        Config(
            vocabulary=config["vocab_size"], width=config["hidden_size"], layers=config["num_hidden_layers"], heads=heads,
            kv_heads=config["num_key_value_heads"], head_size=config.get("head_dim", config["hidden_size"] // heads),
            feed_forward=config["intermediate_size"], context=config["max_position_embeddings"],
            norm_epsilon=config["rms_norm_eps"], rope_theta=config["rope_theta"],
        ),
        **config.get("elastic", {"slices": slices, "anchors": anchors}),
    )
    model.own_head = tensors.pop("lm_head.weight", None)
    model.load_state_dict({ours(name): weight for name, weight in tensors.items()})
    return model


def ours(name):
    """A tensor's name in `Model`."""
    name = name.removeprefix("model.").replace("self_attn.", "").replace("mlp.", "")
    return name.removesuffix(".weight") if "norm" in name else name


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, info in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            start, end = info["data_offsets"]
            if info["dtype"] != "F32":
                raise ValueError(f"{path}: {name} is {info['dtype']}, not F32")
            plain = np.frombuffer(data, np.float32, (end - start) // 4, 8 + length + start)
            tensors[name] = torch.from_numpy(plain.reshape(info["shape"]).copy())
    return tensors


def write_folder(model: ElasticModel, folder):
    """Writes a model with the head of its embedding, for `export-gguf.ts`."""
    save_folder(model, Path(folder), elastic={"slices": model.slices, "anchors": list(model.anchors)})


if __name__ == "__main__":
    write_folder(load_elastic(sys.argv[1]), sys.argv[2])
