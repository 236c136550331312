"""Prompts that write-prompts.ts wrote, and how they are cut: the twin of models/text/compress.ts."""
import json
import math
from itertools import groupby

PROMPT_SHARES = (1, 0.8, 0.6, 0.4, 0.2)
BOS, USER, ASSISTANT, END = range(4)


def read_prompts(path):
    return [json.loads(line) for line in open(path)]


def sentences_of(prompt):
    """The words of each sentence."""
    return [list(words) for _, words in groupby(prompt["words"], lambda word: word["sentence"])]


def size(words):
    return sum(word["end"] - word["start"] for word in words)


def mean(words, keep):
    return sum(keep[at] for word in words for at in range(word["start"], word["end"])) / max(1, size(words))


def kept_words(prompt, keep, share):
    """The words that are left where no more than a share of the tokens may be, by what each token's score is."""
    words = prompt["words"]
    if share >= 1:
        return words
    budget = math.ceil(size(words) * share)
    ranked = sorted(sentences_of(prompt), key=lambda sentence: -mean(sentence, keep))
    if size(ranked[0]) > budget:
        ranked = [[word] for word in sorted(ranked[0], key=lambda word: -mean([word], keep))]
    kept = []
    for place, piece in enumerate(ranked):
        if place == 0 or size(piece) <= budget:
            budget -= size(piece)
            kept += piece
    return sorted(kept, key=lambda word: word["start"])


def tokens_of(prompt, words):
    """What the model reads of a prompt with these words, up to where its answer begins."""
    tokens = list(words[0]["first"]) if words else []
    for word in words[1:]:
        tokens += prompt["tokens"][word["start"] : word["end"]]
    return [BOS, USER, *tokens, END, ASSISTANT]
