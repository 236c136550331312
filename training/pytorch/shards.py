"""Reads the shards that write-shards.ts wrote."""
import numpy as np
import torch

STORY, TASK, PROMPT = 1.0, 3.0, 0.3
"""Weights of the loss on the kinds of tokens."""
PROMPT_SHARE = 0.15
"""Of prompts only this share counts, at random, which saves most of the head's work."""


def batches(shard, tokens, generator, rank, ranks):
    """Yields a process's share of (ids, kinds, steps) of conversations of like length, in random order.

    ids and kinds are [rows, length], steps [2, rows, length]: 0 where a token has none.
    """
    content = np.fromfile(shard, dtype=np.uint16).reshape(-1, 3).astype(np.int64)
    ids, kinds, steps = content[:, 0] & 0xFFF, content[:, 0] >> 12, content[:, 1:].T
    starts = np.flatnonzero(ids == 0)
    ends = np.append(starts[1:], len(content))
    lengths = ends - starts
    order = np.argsort(lengths + generator.random(len(lengths)) * 8)
    groups, group, longest = [], [], 0
    for i in order:
        if (len(group) + 1) * max(longest, lengths[i]) > tokens:
            groups.append(group)
            group, longest = [], 0
        group.append(i)
        longest = max(longest, lengths[i])
    generator.shuffle(groups)
    for group in groups[rank : len(groups) // ranks * ranks : ranks]:
        shape = (len(group), max(lengths[i] for i in group))
        row_ids, row_kinds, row_steps = np.full(shape, 3), np.full(shape, -1), np.zeros((2, *shape), dtype=np.int64)
        for row, i in enumerate(group):
            row_ids[row, : lengths[i]] = ids[starts[i] : ends[i]]
            row_kinds[row, : lengths[i]] = kinds[starts[i] : ends[i]]
            row_steps[:, row, : lengths[i]] = steps[:, starts[i] : ends[i]]
        yield torch.from_numpy(row_ids), torch.from_numpy(row_kinds), torch.from_numpy(row_steps)
