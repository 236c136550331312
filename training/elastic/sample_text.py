"""Text that a model writes by itself, as JSON lines of `ids`: `python -m elastic.sample_text FOLDER TEXT.jsonl [ROWS] [LENGTH] [BOS]`."""
import json
import sys

import torch

from elastic.folder import read_folder


@torch.no_grad()
def sample(model, rows, length, first):
    """Draws `rows` sequences of `length` tokens behind `first`, at temperature 1."""
    ids = torch.full((rows, 1), first)
    while ids.shape[1] < length:
        chances = model.logits(model(ids)[:, -1]).softmax(-1)
        ids = torch.cat((ids, torch.multinomial(chances, 1)), 1)
    return ids


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(1)
    folder, path, *rest = sys.argv[1:]
    rows, length, first = [int(text) for text in rest] + [32, 128, 1][len(rest) :]
    with open(path, "w") as file:
        for ids in sample(read_folder(folder), rows, length, first).tolist():
            file.write(json.dumps({"ids": ids}) + "\n")
