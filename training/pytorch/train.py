"""Trains the built-in model: `python train.py SHARDS VALIDATION RUN [options]`. Goes on from RUN/checkpoint.pt if it is there.

Weights of layers are trained with Muon (Jordan et al. 2024, momentum orthogonalised by Newton-Schulz steps, scaled to
AdamW's size as in arXiv 2502.16982), the embedding and the norms with AdamW. The rate warms up, stays, then falls to zero.
One thread a process and gradients averaged between processes: threads that wait for each other suffer on a busy machine.
"""
import argparse
import json
import os
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
import torch.distributed as distributed
import torch.nn.functional as F
from induction import start_induction
from model import Config, Model, count_parameters, load_model, save_checkpoint, save_folder
from muon import Muon
from score import read_validation, score
from shards import PROMPT, PROMPT_SHARE, STORY, TASK, batches

parser = argparse.ArgumentParser()
parser.add_argument("shards", type=Path)
parser.add_argument("validation", type=Path)
parser.add_argument("run", type=Path)
parser.add_argument("--steps", type=int, default=5000, help="steps in all")
parser.add_argument("--minutes", type=float, default=1e9, help="end after this time at the latest, the rate falling in time")
parser.add_argument("--fall", type=float, default=0.35, help="share of the run in which the rate falls to zero")
parser.add_argument("--tokens", type=int, default=4096, help="tokens a step and process, padding included")
parser.add_argument("--processes", type=int, default=2, help="each with one thread and batches of its own")
parser.add_argument("--rate", type=float, default=4e-3)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--layers", type=int, default=6)
parser.add_argument("--width", type=int, default=256)
parser.add_argument("--feed-forward", type=int, default=512)
parser.add_argument("--vocabulary", type=int, default=1856)
arguments = parser.parse_args()
if arguments.layers < 5:
    parser.error(f"--layers is {arguments.layers}; the steps after layers 2 and 4 need at least 5")

STEP_LAYERS = (2, 4)
UNSAID = 0.5
"""Deep supervision: after so many layers the states, read like final ones, are to tell the first and the second thing on the way
to a token (`steps` of the shards). Short answers leave these steps out; without this loss they stayed at chance. Its weight."""


def rate_at(step, progress):
    return arguments.rate * min(1, (step + 1) / 100, max(0, (1 - progress) / arguments.fall))


def place(shard, count):
    """After the last shard the second half comes again: the first is the easy beginning."""
    return shard if shard < count else count // 2 + (shard - count) % (count - count // 2)


def average_gradients(model, ranks):
    if ranks == 1:
        return
    flat = torch.cat([weight.grad.flatten() for weight in model.parameters()])
    distributed.all_reduce(flat)
    at = 0
    for weight in model.parameters():
        weight.grad.copy_(flat[at : at + weight.numel()].view_as(weight) / ranks)
        at += weight.numel()


def fork():
    """Starts the other processes; returns this one's rank. Forked before PyTorch starts any thread."""
    for rank in range(1, arguments.processes):
        if os.fork() == 0:
            return rank
    return 0


def main():
    ranks = arguments.processes
    arguments.run.mkdir(parents=True, exist_ok=True)
    meeting = arguments.run.resolve() / f"meeting-{os.getpid()}"
    rank = fork()
    if ranks > 1:
        distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=ranks,
                                       timeout=timedelta(hours=4))
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    path = arguments.run / "checkpoint.pt"
    checkpoint = torch.load(path) if path.exists() else None
    if checkpoint:
        model = load_model(checkpoint)
    else:
        model = Model(Config(vocabulary=arguments.vocabulary, width=arguments.width, layers=arguments.layers,
                             feed_forward=arguments.feed_forward))
        start_induction(model)
    deep = [weight for name, weight in model.named_parameters() if weight.dim() == 2 and "embed" not in name]
    rest = [weight for name, weight in model.named_parameters() if weight.dim() == 1 or "embed" in name]
    optimizers = [
        Muon(deep, arguments.rate),
        torch.optim.AdamW(rest, lr=arguments.rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]
    step, shard, before = 0, -1, 0.0
    if checkpoint:
        step, shard, before = checkpoint["step"], checkpoint["shard"], checkpoint["seconds"]
        for optimizer, state in zip(optimizers, checkpoint["optimizers"]):
            optimizer.load_state_dict(state)
    torch.manual_seed(arguments.seed + 1000 * rank + step)
    started = time.time()
    log = open(arguments.run / "log.jsonl", "a", buffering=1) if rank == 0 else None

    def seconds():
        return before + time.time() - started

    def share_done():
        """How far the training is, 0 to 1; the same in all processes."""
        done = torch.tensor([max(step / arguments.steps, seconds() / 60 / arguments.minutes)])
        if ranks > 1:
            distributed.broadcast(done, 0)
        return done.item()

    def say(**entry):
        if rank > 0:
            return
        line = json.dumps({"step": step, "seconds": round(seconds()), **entry})
        log.write(line + "\n")
        print(line, flush=True)

    def save():
        if rank == 0:
            save_checkpoint(path, model, step=step, shard=shard, seconds=seconds(),
                            optimizers=[optimizer.state_dict() for optimizer in optimizers])

    say(parameters=count_parameters(model), arguments={k: str(v) for k, v in vars(arguments).items()})
    validation = read_validation(arguments.validation)
    saved = scored = told = time.time()
    seen, losses, hits = 0, [], []
    progress = share_done()
    while progress < 1:
        shards = sorted(arguments.shards.glob("shard-*.bin"))
        # All processes must agree, and their clocks do not.
        wanted = torch.tensor([max(shard + 1, int((progress - 0.1) * len(shards)))])
        if ranks > 1:
            distributed.broadcast(wanted, 0)
        shard = wanted.item()
        generator = np.random.default_rng([arguments.seed, shard])
        for ids, kinds, steps in batches(shards[place(shard, len(shards))], arguments.tokens, generator, rank, ranks):
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = rate_at(step, progress)
            targets, kind = ids[:, 1:], kinds[:, 1:]
            counts = (kind > 0) | ((kind == 0) & (torch.rand(kind.shape) < PROMPT_SHARE))
            weights = torch.tensor([PROMPT, STORY, TASK])[kind[counts]]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                hidden, between = model.forward_with(ids[:, :-1], STEP_LAYERS)
                logits = model.logits(hidden[counts]).float()
                known = [model.logits(x[wanted[:, 1:] > 0]).float() for x, wanted in zip(between, steps)]
            each = F.cross_entropy(logits, targets[counts], reduction="none")
            loss = (each * weights).sum() / weights.sum()
            found = [wanted[:, 1:][wanted[:, 1:] > 0] for wanted in steps]
            unsaid = [F.cross_entropy(guess, right) for guess, right in zip(known, found) if len(right) > 0]
            (loss + UNSAID * sum(unsaid)).backward()
            hits.append([(guess.argmax(-1) == right).float().mean().item() for guess, right in zip(known, found)])
            average_gradients(model, ranks)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad()
            step += 1
            seen += ids.numel() * ranks
            of = kind[counts]
            losses.append([each.detach()[of == k].mean().item() if (of == k).any() else float("nan") for k in range(3)])
            if step % 50 == 0:
                now = time.time()
                prompt, story, task = np.nanmean(np.array(losses), 0).tolist()
                say(shard=shard, progress=round(progress, 3), prompt=round(prompt, 3), story=round(story, 3),
                    task=round(task, 3), steps=np.nanmean(np.array(hits), 0).round(3).tolist(), rate=round(rate_at(step, progress), 6), tokens_per_second=round(seen / (now - told)))
                seen, losses, hits, told = 0, [], [], now
            if rank == 0 and time.time() - saved > 60:
                save()
                saved = time.time()
            if rank == 0 and time.time() - scored > 300:
                say(scores=score(model, validation))
                scored = time.time()
            progress = share_done()
            if progress >= 1:
                break
    save()
    if rank == 0:
        save_folder(model, arguments.run / "model")
        say(scores=score(model, validation))
        meeting.unlink(missing_ok=True)


main()
