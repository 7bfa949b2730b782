#!/usr/bin/env python3
"""Speed in PyTorch of networks that castnet is measured on: the peer.

    pytorch.py NETWORK [--seconds S] [--layout contiguous|channels_last] [--threads N]
               [--device cpu|cuda] [--batch N] [--compile] [--graph] [--tf32 | --bf16]

NETWORK is the name of a program of specs/cifar10.yaml (cifar10, cifar10_group, cifar10_layer) or of
specs/seeds/cifar10_norms.yaml (cifar10_norms, cifar10_norms_group, cifar10_norms_layer).

Reads commands from standard input, one a line, and answers each with images a second:
    step        forward, backward and update over batches that lie ready as normalised floats
    forward     without gradients, in evaluation mode
    parameters  the number of parameters (no speed), to compare with castnet's
There is no data loader and no augmentation: PyTorch is shown at its best. On a GPU the batches lie in
its memory and the optimiser is the fused one. --compile is torch.compile, on a GPU with CUDA graphs of
forward and backward; --graph makes one CUDA graph of the whole step, optimiser included. float32 is strict
unless --tf32 is given; --bf16 is automatic mixed precision.
"""

import argparse
import functools
import os
import sys
import time
import typing

import torch
import torch.nn.functional as F
from torch import nn

BATCHES = 8  # that lie ready


class Network(typing.NamedTuple):
    """Cn is convolution, norm, ReLU; cn a bare 1x1 convolution; P 2x2 max pooling."""

    layers: str
    norm: str
    groups: int = 0
    biases: bool = False  # of all convolutions; else only c11 has one
    dropout: float = 0  # after the poolings


CIFAR10 = "C1:16 C2:32 c3:16 P1 C4:24 C5:32 C6:32 c7:20 P2 C8:32 C9:32 C10:28 GAP c11:10"
NARROW = "C1:12 C2:12 c3:12 P1 C4:24 C5:24 C6:24 c7:24 P2 C8:24 C9:24 C10:24 GAP c11:10"
WIDE = "C1:15 C2:15 c3:15 P1 C4:30 C5:30 C6:30 c7:30 P2 C8:30 C9:30 C10:30 GAP c11:10"
NETWORKS = {
    "cifar10": Network(CIFAR10, "batch"),
    "cifar10_group": Network(CIFAR10, "group", groups=4),
    "cifar10_layer": Network(CIFAR10, "layer", groups=1),
    "cifar10_norms": Network(NARROW, "batch", biases=True),
    "cifar10_norms_group": Network(WIDE, "group", groups=3, biases=True, dropout=0.05),
    "cifar10_norms_layer": Network(WIDE, "layer", groups=1, biases=True, dropout=0.05),
}


def norm_of(network, channels):
    if network.norm == "batch":
        return nn.BatchNorm2d(channels)
    return nn.GroupNorm(network.groups, channels)


def build(network):
    layers, channels = [], 3
    for token in network.layers.split():
        name, _, width = token.partition(":")
        if name == "GAP":
            layers.append(nn.AdaptiveAvgPool2d(1))
        elif name[0] == "P":
            layers.append(nn.MaxPool2d(2))
            if network.dropout:
                layers.append(nn.Dropout(network.dropout))
        else:
            kernel = 3 if name[0] == "C" else 1
            bias = network.biases or name == "c11"
            layers.append(nn.Conv2d(channels, int(width), kernel, padding=kernel // 2, bias=bias))
            channels = int(width)
            if name[0] == "C":
                layers += [norm_of(network, channels), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Flatten())


class Bench:
    def __init__(self, chosen):
        torch.manual_seed(1)
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = chosen.tf32
        torch.backends.cudnn.benchmark = True
        self.seconds, self.batch, self.device = chosen.seconds, chosen.batch, chosen.device
        self.bf16, self.graph = chosen.bf16, chosen.graph
        last = chosen.layout == "channels_last"
        memory = torch.channels_last if last else torch.contiguous_format
        self.network = build(NETWORKS[chosen.network]).to(self.device, memory_format=memory)
        self.optimizer = torch.optim.SGD(
            self.network.parameters(),
            1e-3,
            momentum=0.9,
            nesterov=True,
            weight_decay=5e-4,
            **({"fused": True} if self.device == "cuda" else {}),
        )
        self.images = [
            torch.randn(self.batch, 3, 32, 32).to(self.device, memory_format=memory)
            for _ in range(BATCHES)
        ]
        self.labels = [torch.randint(10, (self.batch,)).to(self.device) for _ in range(BATCHES)]
        self.forward = self.network
        if chosen.compile:
            graphs = self.device == "cuda" and not chosen.graph  # which holds these, too
            self.forward = torch.compile(
                self.network, mode="reduce-overhead" if graphs else "default"
            )

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def timed(self, work):
        for index in range(BATCHES):  # warm-up
            work(index)
        self.wait()
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < self.seconds:
            for index in range(BATCHES):
                work(index)
            count += BATCHES
            self.wait()
        return count * self.batch / (time.perf_counter() - start)

    def precision(self):
        return torch.autocast(self.device, torch.bfloat16, enabled=self.bf16)

    def train_on(self, images, labels):
        self.optimizer.zero_grad(set_to_none=True)
        with self.precision():
            loss = F.cross_entropy(self.forward(images), labels)
        loss.backward()
        self.optimizer.step()

    @functools.cached_property
    def replay(self):
        """A step as one CUDA graph; it reads what was copied to where it was captured with."""
        images, labels = self.images[0].clone(), self.labels[0].clone()
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # compiles, chooses algorithms, makes the optimiser's state
            for _ in range(3):
                self.train_on(images, labels)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.train_on(images, labels)

        def replay(index):
            images.copy_(self.images[index])
            labels.copy_(self.labels[index])
            graph.replay()

        return replay

    def train_batch(self, index):
        self.train_on(self.images[index], self.labels[index])

    def step(self):
        self.network.train()
        return self.timed(self.replay if self.graph else self.train_batch)

    def infer(self):
        self.network.eval()
        with torch.inference_mode(), self.precision():
            return self.timed(lambda index: self.forward(self.images[index]))

    def parameters(self):
        return sum(value.numel() for value in self.network.parameters())


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("network", choices=NETWORKS)
    options.add_argument("--seconds", type=float, default=2, help="of a measurement")
    options.add_argument("--layout", choices=["contiguous", "channels_last"], default="contiguous")
    options.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    options.add_argument("--batch", type=int, default=128)
    options.add_argument("--compile", action="store_true", help="by torch.compile")
    options.add_argument("--graph", action="store_true", help="a step is one CUDA graph")
    precision = options.add_mutually_exclusive_group()
    precision.add_argument("--tf32", action="store_true", help="let float32 use TF32")
    precision.add_argument("--bf16", action="store_true", help="mixed precision with bfloat16")
    chosen = options.parse_args()
    if chosen.graph and chosen.device != "cuda":
        options.error("--graph is of --device cuda")
    torch.set_num_threads(chosen.threads)
    bench = Bench(chosen)
    commands = {"step": bench.step, "forward": bench.infer, "parameters": bench.parameters}
    for line in sys.stdin:
        command = line.strip()
        if command not in commands:
            sys.exit(f"pytorch.py: no command '{command}': {', '.join(commands)}")
        print(f"{commands[command]():.1f}", flush=True)


main()
