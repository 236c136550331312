"""What a model loses on a batch of `pytorch.shards.batches`, at a level."""
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from pytorch.shards import PROMPT, PROMPT_SHARE, STORY, TASK

STEP_LAYERS = (2, 4)


@dataclass
class Answers:
    """Of the tokens that count: logits, what was right and the weight of each; `unsaid` is the loss of the deep supervision."""

    logits: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor
    unsaid: torch.Tensor

    def loss(self):
        return self.mean(F.cross_entropy(self.logits, self.targets, reduction="none"))

    def distance(self, teacher):
        """The divergence (Kullback-Leibler) from another's answers to the same tokens, which learn nothing from it."""
        wanted = teacher.logits.detach().log_softmax(-1)
        return self.mean((wanted.exp() * (wanted - self.logits.log_softmax(-1))).sum(-1))

    def mean(self, each):
        return (each * self.weights).sum() / self.weights.sum()


def counted(kinds):
    """Which tokens count: all of answers, of prompts a share at random."""
    return (kinds > 0) | ((kinds == 0) & (torch.rand(kinds.shape) < PROMPT_SHARE))


def answers(model, ids, kinds, steps, counts, level=None):
    """Runs a batch at a level. `counts` [rows, length - 1]: the tokens behind the first that count."""
    hidden, between = model.forward_with(ids[:, :-1], STEP_LAYERS if steps is not None else (), level)
    unsaid = [
        F.cross_entropy(model.logits(x[wanted[:, 1:] > 0]), wanted[:, 1:][wanted[:, 1:] > 0])
        for x, wanted in zip(between, steps if steps is not None else ()) if (wanted[:, 1:] > 0).any()
    ]
    return Answers(
        logits=model.logits(hidden[counts]), targets=ids[:, 1:][counts],
        weights=torch.tensor([PROMPT, STORY, TASK])[kinds[:, 1:][counts]],
        unsaid=sum(unsaid, torch.zeros(())),
    )
