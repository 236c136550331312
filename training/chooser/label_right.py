"""Command: where a model is right, on prompts that a chooser cuts: `python -m chooser.label_right MODEL.pt CHOOSER.pt PROMPTS.jsonl LABELS.jsonl [COUNT [quick]]`.

Each line has the knobs of a prompt, `right` [prompt level][model level], `tokens` by prompt level (the template's with them), and
the chooser's own `guess` of `right`. Quick labels are for training: a level below one that is wrong counts as wrong, untried.
"""
import json
import sys

import torch

from chooser.labels import rights
from chooser.prompts import read_prompts
from chooser.train import judge, load_chooser
from elastic.model import load_elastic

if __name__ == "__main__":
    path, chooser, prompts, labels, *count = sys.argv[1:]
    torch.set_num_threads(1)
    model = load_elastic(path).eval().requires_grad_(False)
    chosen = read_prompts(prompts)[: int(count[0]) if count else None]
    every = "quick" not in count
    told = judge(load_chooser(chooser).eval(), chosen)
    with open(labels, "w") as file:
        for start in range(0, len(chosen), 24):
            some, scores = chosen[start : start + 24], [keep for keep, _ in told[start : start + 24]]
            for place, (right, tokens) in enumerate(rights(model, some, scores, every), start):
                knobs = {key: chosen[place][key] for key in ("family", "hops", "redundancy")}
                guess = [[round(value, 4) for value in row] for row in told[place][1]]
                file.write(json.dumps({**knobs, "tokens": tokens, "right": right, "guess": guess}) + "\n")
            file.flush()
