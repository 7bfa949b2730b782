#!/usr/bin/env python3
"""Speed of specs/cifar10.yaml in PyTorch: the peer that castnet is measured against.

    pytorch.py batch|group|layer [--seconds S] [--layout contiguous|channels_last] [--threads N]

Reads commands from standard input, one a line, and answers each with images a second:
    step        forward, backward and update over batches that lie ready as normalised floats
    evaluate    forward without gradients, in evaluation mode
    parameters  the number of parameters (no speed), to compare with castnet's
There is no data loader and no augmentation: PyTorch is shown at its best.
"""

import argparse
import os
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

BATCH = 128
BATCHES = 8  # that lie ready

# specs/cifar10.yaml: Cn is convolution, norm, ReLU; cn a bare 1x1 convolution; P 2x2 max pooling.
LAYERS = "C1:16 C2:32 c3:16 P1 C4:24 C5:32 C6:32 c7:20 P2 C8:32 C9:32 C10:28 GAP c11:10"


def norm_of(kind, channels):
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    return nn.GroupNorm(4 if kind == "group" else 1, channels)


def network(kind):
    layers, channels = [], 3
    for token in LAYERS.split():
        name, _, width = token.partition(":")
        if name == "GAP":
            layers.append(nn.AdaptiveAvgPool2d(1))
        elif name[0] == "P":
            layers.append(nn.MaxPool2d(2))
        else:
            kernel = 3 if name[0] == "C" else 1
            bias = name == "c11"
            layers.append(nn.Conv2d(channels, int(width), kernel, padding=kernel // 2, bias=bias))
            channels = int(width)
            if name[0] == "C":
                layers += [norm_of(kind, channels), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Flatten())


class Bench:
    def __init__(self, kind, seconds, layout):
        torch.manual_seed(1)
        self.seconds = seconds
        memory = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        self.network = network(kind).to(memory_format=memory)
        self.optimizer = torch.optim.SGD(
            self.network.parameters(), 1e-3, momentum=0.9, nesterov=True, weight_decay=5e-4
        )
        self.images = [
            torch.randn(BATCH, 3, 32, 32).to(memory_format=memory) for _ in range(BATCHES)
        ]
        self.labels = [torch.randint(10, (BATCH,)) for _ in range(BATCHES)]

    def timed(self, work):
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < self.seconds:
            work(count % BATCHES)
            count += 1
        return count * BATCH / (time.perf_counter() - start)

    def train_batch(self, index):
        self.optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(self.network(self.images[index]), self.labels[index]).backward()
        self.optimizer.step()

    def step(self):
        self.network.train()
        return self.timed(self.train_batch)

    def evaluate(self):
        self.network.eval()
        with torch.inference_mode():
            return self.timed(lambda index: self.network(self.images[index]))

    def parameters(self):
        return sum(value.numel() for value in self.network.parameters())


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("norm", choices=["batch", "group", "layer"])
    options.add_argument("--seconds", type=float, default=2, help="of a measurement")
    options.add_argument("--layout", choices=["contiguous", "channels_last"], default="contiguous")
    options.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    bench = Bench(chosen.norm, chosen.seconds, chosen.layout)
    commands = {"step": bench.step, "evaluate": bench.evaluate, "parameters": bench.parameters}
    for line in sys.stdin:
        command = line.strip()
        if command not in commands:
            sys.exit(f"pytorch.py: no command '{command}': {', '.join(commands)}")
        print(f"{commands[command]():.1f}", flush=True)


main()
