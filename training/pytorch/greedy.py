"""Greedy tokens at float32, to compare with: `python greedy.py VALIDATION CHECKPOINT REFERENCES.jsonl [PROMPTS]`."""
import json
import sys

import torch
from model import load_model
from score import read_validation

MOST = 160
END = 3

torch.set_num_threads(2)
model = load_model(torch.load(sys.argv[2]))
wanted = int(sys.argv[4]) if len(sys.argv) > 4 else 100
items = read_validation(sys.argv[1])
tasks = [item for item in items if item["kind"] == "task"]
stories = [item for item in items if item["kind"] == "story"][: wanted * 3 // 10]
step = max(1, len(tasks) // (wanted - len(stories)))
chosen = tasks[::step][: wanted - len(stories)] + stories
references = []
with torch.no_grad():
    for item in chosen:
        prompt, greedy = item["ids"][: item["from"]], []
        while len(greedy) < MOST and (not greedy or greedy[-1] != END) and len(prompt) + len(greedy) < model.c.context:
            hidden = model(torch.tensor([prompt + greedy]))[:, -1]
            greedy.append(model.logits(hidden).argmax(-1).item())
        references.append({"prompt": prompt, "greedy": greedy})
with open(sys.argv[3], "w") as file:
    for reference in references:
        file.write(json.dumps(reference, separators=(",", ":")) + "\n")
print(f"{len(references)} prompts, {sum(len(r['greedy']) for r in references)} tokens")
