"""What an elastic model says of prompts: which sentences it needs, and where it is right. Nothing here is random."""
import math

import torch
import torch.nn.functional as F

from pytorch.model import rms_norm
from chooser.prompts import PROMPT_SHARES, kept_words, mean, sentences_of, tokens_of

# Tokens of a batch, padding included: more do not make a CPU faster.
BATCH_TOKENS = 2048


@torch.no_grad()
def answers(model, cases, level=None):
    """For cases (prompt tokens, answer tokens): the answer's log-probability, and whether each of its tokens is the likeliest."""
    results = [None] * len(cases)
    order = sorted(range(len(cases)), key=lambda place: sum(map(len, cases[place])))
    while order:
        longest = sum(map(len, cases[order[-1]]))
        rows, order = order[-max(1, BATCH_TOKENS // longest) :], order[: -max(1, BATCH_TOKENS // longest)]
        ids = torch.full((len(rows), longest), 3)
        for row, place in enumerate(rows):
            prompt, answer = cases[place]
            ids[row, : len(prompt) + len(answer)] = torch.tensor(prompt + answer)
        hidden = model(ids, level)
        for row, place in enumerate(rows):
            prompt, answer = cases[place]
            logits = model.logits(hidden[row, len(prompt) - 1 : len(prompt) + len(answer) - 1])
            wanted = torch.tensor(answer)
            loss = F.cross_entropy(logits, wanted, reduction="sum").item()
            results[place] = (-loss, bool((logits.argmax(-1) == wanted).all()))
    return results


def needs(model, prompts, chunk=12):
    """For each prompt how much each of its sentences is needed: the share of the answer's probability that goes where it is left out."""
    told = []
    for start in range(0, len(prompts), chunk):
        cases, counts = [], []
        for prompt in prompts[start : start + chunk]:
            sentences = sentences_of(prompt)
            left = [[word for other in sentences if other is not one for word in other] for one in sentences]
            cases += [(tokens_of(prompt, words), prompt["answer"]) for words in (prompt["words"], *left)]
            counts.append(1 + len(left))
        likely, at = [value for value, _ in answers(model, cases)], 0
        for count in counts:
            whole, *without = likely[at : at + count]
            told.append([1 - math.exp(min(0, value - whole)) for value in without])
            at += count
    return told


def hidden_of(model, embedded):
    """The whole model's final states from embedded tokens [1, length, width]."""
    x, length = embedded, embedded.shape[1]
    for layer in model.layers:
        x = layer(x, model.cos[:length], model.sin[:length])
    return rms_norm(x, model.norm, model.c.norm_epsilon)


def attributions(model, prompt):
    """How much each sentence of a prompt counts, of the most that one does: by the gradient of the answer's lead over all else.

    The mean length of the gradient at the tokens' embeddings. It finds 70% of the sentences that `needs` does among as many, 93%
    among twice as many (chance: 25%), for a ninth of the time. The lead in logits, since the loss of what is certain is flat.
    """
    tokens, answer = tokens_of(prompt, prompt["words"]), torch.tensor(prompt["answer"])
    with torch.enable_grad():
        embedded = model.embed_tokens(torch.tensor([tokens + prompt["answer"]])).detach().requires_grad_()
        logits = model.logits(hidden_of(model, embedded)[0, len(tokens) - 1 : -1])
        right = logits.gather(1, answer[:, None]).squeeze(1)
        others = logits.scatter(1, answer[:, None], float("-inf")).logsumexp(1)
        (gradient,) = torch.autograd.grad((right - others).sum(), embedded)
    lengths = gradient[0].norm(dim=1)[2:].tolist()
    counts = [mean(sentence, lengths) for sentence in sentences_of(prompt)]
    return [count / max(counts) for count in counts]


def rights(model, prompts, scores, every=True):
    """For each prompt: [prompt level][model level, the least first], whether the answer is right; and tokens by prompt level.

    Unless every level is to be tried, those below one that is wrong count as wrong: that loses a twentieth of what is right, and takes
    half of the time.
    """
    kept = [[kept_words(prompt, keep, share) for share in PROMPT_SHARES] for prompt, keep in zip(prompts, scores)]
    cases = [(tokens_of(prompt, words), prompt["answer"]) for prompt, levels in zip(prompts, kept) for words in levels]
    # Short prompts give the same at several levels.
    distinct = list({(tuple(tokens), tuple(answer)): (tokens, answer) for tokens, answer in cases}.values())
    places = {(tuple(tokens), tuple(answer)): place for place, (tokens, answer) in enumerate(distinct)}
    by_level = [[False] * len(distinct) for _ in range(model.slices)]
    tried = range(len(distinct))
    for level in range(model.slices, 0, -1):
        for place, (_, right) in zip(tried, answers(model, [distinct[place] for place in tried], level)):
            by_level[level - 1][place] = right
        if not every:
            tried = [place for place in tried if by_level[level - 1][place]]
    table = [[by_level[level][places[tuple(tokens), tuple(answer)]] for level in range(model.slices)] for tokens, answer in cases]
    count = len(PROMPT_SHARES)
    lengths = [len(tokens) for tokens, _ in cases]
    return [(table[at : at + count], lengths[at : at + count]) for at in range(0, len(cases), count)]
