#!/usr/bin/env python3
"""Writes fixtures/operators.safetensors and fixtures/training.safetensors.

    /usr/bin/python3 tests/pytorch/make_fixtures.py     (needs torch; made with 1.13)

Inputs, weights and images are no part of the files: both sides compute them with `pattern`. PyTorch
computes in float64, so that a test sees castnet's rounding alone; results are stored as float32.
"""

import json
import pathlib
import struct

import numpy
import torch
import torch.nn.functional as F
from torch import nn

FOLDER = pathlib.Path(__file__).resolve().parent / "fixtures"
BATCH = 16
STEPS = 20
TRAINING_BATCH = 32
CLASSES = 10


def pattern(shape, seed):
    """Numbers in [-1, 1), a function of seed and place: MurmurHash3's finaliser, upper 24 bits."""
    count = int(numpy.prod(shape))
    h = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B9)
    h += numpy.uint32((seed * 0x85EBCA6B) & 0xFFFFFFFF)
    h ^= h >> numpy.uint32(16)
    h *= numpy.uint32(0x85EBCA6B)
    h ^= h >> numpy.uint32(13)
    h *= numpy.uint32(0xC2B2AE35)
    h ^= h >> numpy.uint32(16)
    values = (h >> numpy.uint32(8)).astype(numpy.float64) * 2.0**-23 - 1
    return torch.from_numpy(values).reshape(shape)


def leaf(shape, seed):
    return pattern(shape, seed).requires_grad_()


def labels_of(batch, seed):
    return ((pattern([batch], seed) + 1) * (CLASSES / 2)).long()


def write_safetensors(path, tensors):
    """https://github.com/huggingface/safetensors#format, float32 only."""
    header, data = {}, b""
    for name, value in tensors.items():
        raw = value.detach().to(torch.float32).contiguous().numpy().astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(value.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def record(out, case, y, **leaves):
    """Backpropagates pattern seed 4 from y; stores y and the gradient d_NAME of each leaf."""
    y.backward(pattern(y.shape, 4))
    out[f"{case}/y"] = y
    for name, value in leaves.items():
        out[f"{case}/d_{name}"] = value.grad


def convolutions(out):
    # case: in, height, width, out channels, kernel, stride, padding, dilation, groups, bias
    cases = {
        "plain": (3, 5, 6, 4, 3, 1, 1, 1, 1, True),
        "pointwise": (5, 4, 4, 3, 1, 1, 0, 1, 1, False),
        "stride": (3, 7, 6, 4, 3, 2, 1, 1, 1, True),
        "dilation": (2, 7, 8, 3, 3, 1, 2, 2, 1, False),
        "groups": (4, 5, 5, 6, 3, 1, 1, 1, 2, True),
        "depthwise": (4, 6, 5, 4, 3, 1, 1, 1, 4, False),
        "everything": (4, 9, 8, 4, 3, 2, 2, 2, 2, True),
    }
    for name, (cin, high, wide, cout, k, stride, pad, dilation, groups, biased) in cases.items():
        x, w = leaf([BATCH, cin, high, wide], 1), leaf([cout, cin // groups, k, k], 2)
        b = leaf([cout], 3) if biased else None
        y = F.conv2d(x, w, b, stride, pad, dilation, groups)
        gradients = {"x": x, "weight": w} | ({"bias": b} if biased else {})
        record(out, f"conv/{name}", y, **gradients)


def norms(out):
    shape = [BATCH, 4, 4, 5]
    affine = {"none": None, "channel": [4], "element": [4, 4, 5]}
    cases = {  # case: groups of one image (0: statistics over the batch), affine
        "batch": (0, "channel"),
        "group": (2, "channel"),
        "layer": (1, "channel"),
        "element": (1, "element"),
        "instance": (4, "channel"),
        "instance_plain": (4, "none"),
    }
    for name, (groups, kind) in cases.items():
        x = leaf(shape, 1)
        w, b = (leaf(affine[kind], seed) if affine[kind] else None for seed in (2, 3))
        if groups == 0:
            mean, variance = torch.zeros(4).double(), torch.ones(4).double()
            y = F.batch_norm(x, mean, variance, w, b, training=True)
            out["norm/batch/running_mean"], out["norm/batch/running_var"] = mean, variance
            out["norm/batch/evaluated"] = F.batch_norm(x, mean, variance, w, b, training=False)
        elif kind == "element":
            y = F.layer_norm(x, shape[1:], w, b)
        elif kind == "none":
            y = F.instance_norm(x)
        else:
            y = F.group_norm(x, groups, w, b)
        gradients = {"x": x} | ({"weight": w, "bias": b} if w is not None else {})
        record(out, f"norm/{name}", y, **gradients)


def pointwise(out):
    functions = {
        "relu": F.relu,
        "gelu": F.gelu,
        "silu": F.silu,
        "leaky_relu": lambda t: F.leaky_relu(t, 0.1),
    }
    for name, function in functions.items():
        x = leaf([BATCH, 2, 3, 4], 1)
        record(out, f"activation/{name}", function(4 * x), x=x)
    pools = {
        "max": lambda t: F.max_pool2d(t, 2),
        "max_overlap": lambda t: F.max_pool2d(t, 3, 2, 1),
        "average": lambda t: F.avg_pool2d(t, 2),
        "average_padded": lambda t: F.avg_pool2d(t, 3, 2, 1),
        "global": lambda t: F.adaptive_avg_pool2d(t, 1),
    }
    for name, function in pools.items():
        x = leaf([BATCH, 2, 6, 7], 1)
        record(out, f"pool/{name}", function(x), x=x)


def head(out):
    x, w, b = leaf([BATCH, 7], 1), leaf([5, 7], 2), leaf([5], 3)
    record(out, "linear", F.linear(x, w, b), x=x, weight=w, bias=b)
    for name, smoothing in {"plain": 0.0, "smoothed": 0.1}.items():
        x, labels = leaf([BATCH, CLASSES], 1), labels_of(BATCH, 5)
        scores = 5 * x
        losses = F.cross_entropy(scores, labels, reduction="none", label_smoothing=smoothing)
        losses.mean().backward()
        out[f"loss/{name}/losses"] = losses
        out[f"loss/{name}/probabilities"] = scores.softmax(1)
        out[f"loss/{name}/d_logits"] = x.grad / 5


def optimizers(out):
    rules = {
        "sgd": lambda p: torch.optim.SGD(p, 0.1, weight_decay=0.01),
        "momentum": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9),
        "nesterov": lambda p: torch.optim.SGD(
            p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01
        ),
        "adam": lambda p: torch.optim.Adam(p, 0.01, betas=(0.8, 0.99), weight_decay=0.01),
        "adamw": lambda p: torch.optim.AdamW(p, 0.01, betas=(0.8, 0.99), weight_decay=0.1),
    }
    for name, rule in rules.items():
        w = leaf([40], 1)
        optimizer = rule([w])
        for step in range(5):
            w.grad = pattern([40], 10 + step)
            optimizer.step()
        out[f"optimizer/{name}"] = w


class ElementNorm(nn.LayerNorm):
    """LayerNorm over an image, with an affine map of every element."""


def norm_of(kind, channels, size):
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    if kind == "element":
        return ElementNorm([channels, size, size])
    groups = {"group": 2, "layer": 1, "instance": channels}[kind]
    return nn.GroupNorm(groups, channels)


class Block(nn.Module):
    """A layer with PyTorch-style names: conv, norm."""

    def __init__(self, cin, cout, kernel, norm=None, bias=False):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, padding=kernel // 2, bias=bias)
        self.norm = norm

    def forward(self, x):
        x = self.conv(x)
        return x if self.norm is None else F.relu(self.norm(x))


class Parity(nn.Module):
    """specs/parity.yaml."""

    def __init__(self, kind):
        super().__init__()
        self.C1 = Block(1, 4, 3, norm_of(kind, 4, 28))
        self.C2 = Block(4, 8, 3, norm_of(kind, 8, 28))
        self.c3 = Block(8, 4, 1)
        self.C4 = Block(4, 8, 3, norm_of(kind, 8, 14))
        self.c11 = Block(8, CLASSES, 1, bias=True)

    def forward(self, x):
        x = F.max_pool2d(self.c3(self.C2(self.C1(x))), 2)
        return self.c11(F.adaptive_avg_pool2d(self.C4(x), 1)).flatten(1)


def set_parameters(network):
    """Parameter t is c + b pattern(100 + t), as float32: c = 1, b = 0.25 for a norm's weight, else
    c = 0 and b = 0.5."""
    for t, (name, value) in enumerate(network.named_parameters()):
        scale = name.endswith("norm.weight")
        start = (1.0 if scale else 0.0) + (0.25 if scale else 0.5) * pattern(value.shape, 100 + t)
        value.data = start.float().double()


def images_of(labels, seed):
    """Each class has its 7x7 pattern in squares of 4x4 pixels; a quarter of noise is added. (With
    noise alone gradients are so small that rounding decides which maximum of a window is the
    largest: PyTorch's own float32 is then 1e-3 off.)"""
    squares = pattern([CLASSES, 1, 7, 7], 3000)[labels]
    squares = squares.repeat_interleave(4, 2).repeat_interleave(4, 3)
    return (squares + 0.25 * pattern(squares.shape, seed)).float().double()


def train(out, kind):
    network = Parity(kind).double().train()
    set_parameters(network)
    optimizer = torch.optim.SGD(
        network.parameters(), 0.1, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.1, total_steps=STEPS, pct_start=0.25, anneal_strategy="linear",
        cycle_momentum=False, div_factor=25, final_div_factor=100,
    )
    losses, rates = [], []
    for step in range(STEPS):
        labels = labels_of(TRAINING_BATCH, 2000 + step)
        optimizer.zero_grad()
        loss = F.cross_entropy(network(images_of(labels, 1000 + step)), labels)
        loss.backward()
        if step == 0:
            for name, value in network.named_parameters():
                out[f"{kind}/first_gradient/{name}"] = value.grad.clone()
        optimizer.step()
        losses.append(loss.item())
        rates.append(schedule.get_last_lr()[0])
        schedule.step()
    out[f"{kind}/losses"] = torch.tensor(losses)
    out[f"{kind}/rates"] = torch.tensor(rates)
    for name, value in network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            out[f"{kind}/final/{name}"] = value


def main():
    FOLDER.mkdir(exist_ok=True)
    operators = {}
    for part in (convolutions, norms, pointwise, head, optimizers):
        part(operators)
    write_safetensors(FOLDER / "operators.safetensors", operators)
    training = {}
    for kind in ("batch", "group", "layer", "element", "instance"):
        train(training, kind)
    write_safetensors(FOLDER / "training.safetensors", training)


main()
