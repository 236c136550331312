"""Greedy tokens at float32, to compare with: `python greedy.py VALIDATION CHECKPOINT REFERENCES.jsonl [PROMPTS]`."""
import json
import sys

import torch
from model import load_model
from score import read_validation

MOST = 160
END = 3
AHEAD = 12


def guess(ids, known):
    """The tokens after the first place of `known` with the last two of `ids`: a run tells of several at once whether they are right."""
    for at in range(len(known) - 2):
        if known[at : at + 2] == ids[-2:]:
            return known[at + 2 : at + 2 + AHEAD]
    return []


def complete(model, item):
    """The greedy continuation of an item's prompt, its end token included."""
    prompt, greedy = item["ids"][: item["from"]], []
    while True:
        ids = prompt + greedy
        ahead = guess(ids, item["ids"])[: model.c.context - 1 - len(ids)]
        found = model.logits(model(torch.tensor([ids + ahead]))[0, len(ids) - 1 :]).argmax(-1).tolist()
        for at, token in enumerate(found):
            greedy.append(token)
            if token == END or len(greedy) == MOST or len(prompt) + len(greedy) == model.c.context:
                return prompt, greedy
            if at < len(ahead) and ahead[at] != token:
                break


torch.set_num_threads(1)
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
        prompt, greedy = complete(model, item)
        references.append({"prompt": prompt, "greedy": greedy})
with open(sys.argv[3], "w") as file:
    for reference in references:
        file.write(json.dumps(reference, separators=(",", ":")) + "\n")
print(f"{len(references)} prompts, {sum(len(r['greedy']) for r in references)} tokens")
