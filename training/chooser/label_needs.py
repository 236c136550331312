"""Command: which sentences of prompts a model needs, as lines of JSON: a number from 0 to 1 for each sentence.

`python -m chooser.label_needs MODEL.pt PROMPTS.jsonl LABELS.jsonl gradient|leave-out [COUNT]`. Leaving out is what is meant, and takes
nine times as long: gradients teach, and what was learnt is measured by leaving out.
"""
import json
import sys

import torch

from chooser.labels import attributions, needs
from chooser.prompts import read_prompts
from elastic.model import load_elastic

if __name__ == "__main__":
    path, prompts, labels, way, *count = sys.argv[1:]
    torch.set_num_threads(1)
    model = load_elastic(path).eval().requires_grad_(False)
    chosen = read_prompts(prompts)[: int(count[0]) if count else None]
    with open(labels, "w") as file:
        for start in range(0, len(chosen), 12):
            some = chosen[start : start + 12]
            told = needs(model, some) if way == "leave-out" else [attributions(model, prompt) for prompt in some]
            file.writelines(json.dumps([round(need, 4) for need in one]) + "\n" for one in told)
            file.flush()
