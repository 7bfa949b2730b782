"""A hundred updates of forty weights, and a hundred learning rates."""

import torch
from torch.optim import lr_scheduler, swa_utils

from .common import pattern

STEPS = 100
WEIGHTS = 40
KEPT = (1, 10, 100)  # updates after which the weights are stored


def gradient(step):
    """Of update `step` (from 0); every fourth is four times as large (for clipping)."""
    return (2.0 if step % 4 == 3 else 0.5) * pattern([WEIGHTS], 10 + step)


class Weights:
    """Forty weights in slices of their own: (elements, weight decay, L1 factor, factor of the rate)."""

    def __init__(self, slices):
        start = pattern([WEIGHTS], 1)
        self.parts = [torch.nn.Parameter(p.clone()) for p in start.split([s[0] for s in slices])]
        self.groups = [{"params": [p], "weight_decay": s[1]} for p, s in zip(self.parts, slices)]
        self.l1 = [s[2] for s in slices]
        self.rates = [s[3] for s in slices]

    def backward(self, step):
        """A linear loss whose gradient is `gradient(step)`, with the L1 norm in it."""
        loss = 0
        shares = gradient(step).split([p.numel() for p in self.parts])
        for part, share, factor in zip(self.parts, shares, self.l1):
            part.grad = None
            loss = loss + (part * share).sum() + factor * part.abs().sum()
        loss.backward()

    def values(self):
        return torch.cat([p.detach() for p in self.parts])


def run(rule, slices, clip=lambda parts: None, after=lambda weights: None):
    weights = Weights(slices)
    optimizer = rule(weights.groups)
    for group, rate in zip(optimizer.param_groups, weights.rates):
        group["lr"] *= rate
    kept = []
    for step in range(STEPS):
        weights.backward(step)
        clip(weights.parts)
        optimizer.step()
        after(weights)
        if step + 1 in KEPT:
            kept.append(weights.values())
    return torch.stack(kept)


def sgd(momentum=0.0, nesterov=False):
    return lambda p: torch.optim.SGD(p, 0.1, momentum=momentum, nesterov=nesterov)


def adam(p):
    return torch.optim.Adam(p, 0.01, betas=(0.8, 0.99))


def adamw(p):
    return torch.optim.AdamW(p, 0.01, betas=(0.8, 0.99))


def updates(out):
    nothing = [(WEIGHTS, 0.0, 0.0, 1.0)]
    decay = [(WEIGHTS, 0.01, 0.0, 1.0)]
    groups = [(15, 0.01, 0.0, 0.5), (10, 0.0, 0.0, 1.0), (15, 0.05, 0.02, 3.0)]
    cases = {
        "sgd": (sgd(), nothing),
        "sgd_decay": (sgd(), decay),
        "sgd_groups": (sgd(), groups),
        "momentum": (sgd(0.9), nothing),
        "momentum_decay": (sgd(0.9), decay),
        "nesterov": (sgd(0.9, True), nothing),
        "nesterov_groups": (sgd(0.9, True), groups),
        "adam": (adam, nothing),
        "adam_groups": (adam, groups),
        "adamw": (adamw, nothing),
        "adamw_groups": (adamw, groups),
    }
    for name, (rule, slices) in cases.items():
        out[f"update/{name}"] = run(rule, slices)
    clip_norm, clip_value = torch.nn.utils.clip_grad_norm_, torch.nn.utils.clip_grad_value_
    decayed = sgd(0.9)
    out["update/clip_norm"] = run(decayed, decay, clip=lambda parts: clip_norm(parts, 3.0))
    out["update/clip_value"] = run(decayed, decay, clip=lambda parts: clip_value(parts, 0.75))


def averages(out):
    """An exponential moving average of SGD's weights."""
    weights = Weights([(WEIGHTS, 0.0, 0.0, 1.0)])
    model = torch.nn.ParameterList(weights.parts)
    averaged = swa_utils.AveragedModel(
        model, avg_fn=lambda average, now, count: 0.9 * average + (1 - 0.9) * now
    )
    optimizer = sgd(0.9)(weights.groups)
    kept = []
    for step in range(STEPS):
        weights.backward(step)
        optimizer.step()
        averaged.update_parameters(model)
        if step + 1 in KEPT:
            kept.append(torch.cat([p.detach() for p in averaged.parameters()]))
    out["average"] = torch.stack(kept)


def schedules(out):
    """Twenty epochs of five steps; rates by the epoch hold for its five steps."""
    epoch = 5
    cases = {
        "constant": (1, lambda o: lr_scheduler.ConstantLR(o, factor=1.0, total_iters=STEPS)),
        "step": (epoch, lambda o: lr_scheduler.StepLR(o, step_size=3, gamma=0.5)),
        "multi_step": (epoch, lambda o: lr_scheduler.MultiStepLR(o, [4, 9, 17], gamma=0.2)),
        "cosine": (1, lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS - 1, eta_min=0.001)),
    }
    for anneal, name in (("linear", "linear"), ("cos", "cosine")):
        for warmup in (0.3, 0.0):
            cases[f"one_cycle_{name}{'' if warmup else '_without_warmup'}"] = (
                1,
                lambda o, anneal=anneal, warmup=warmup: lr_scheduler.OneCycleLR(
                    o, 0.1, total_steps=STEPS, pct_start=warmup, anneal_strategy=anneal,
                    cycle_momentum=False, div_factor=20, final_div_factor=50,
                ),
            )
    for name, (every, rule) in cases.items():
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 0.1)
        schedule = rule(optimizer)
        rates = []
        for step in range(STEPS):
            rates.append(schedule.get_last_lr()[0])
            optimizer.step()
            if (step + 1) % every == 0 and step + 1 < STEPS:
                schedule.step()
        out[f"rates/{name}"] = torch.tensor(rates, dtype=torch.float64)


def fixtures():
    out = {}
    for part in (updates, averages, schedules):
        part(out)
    return out
