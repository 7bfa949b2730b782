#!/usr/bin/env python3
"""Writes fixtures/*.safetensors: what PyTorch makes of the inputs that castnet's tests use.

    /usr/bin/python3 tests/pytorch/make_fixtures.py     (needs torch; made with Debian's 1.13)

Run twice, it writes the same bytes; `git status` then shows whether they are the committed ones.

Inputs, weights and images are no part of the files: both sides compute them with `pattern`. PyTorch
computes in float64, so that a test sees castnet's rounding alone; results are stored as float32.
"""

import pathlib

import torch

from oracle import augmentations, networks, operators, optimizers
from oracle.common import write_safetensors

FOLDER = pathlib.Path(__file__).resolve().parent / "fixtures"


def main():
    torch.set_num_threads(1)  # one order of summation
    torch.use_deterministic_algorithms(True)
    FOLDER.mkdir(exist_ok=True)
    files = {
        "augmentations": augmentations.fixtures,
        "operators": operators.fixtures,
        "optimizers": optimizers.fixtures,
        "training": networks.fixtures,
    }
    for name, fixtures in files.items():
        write_safetensors(FOLDER / f"{name}.safetensors", fixtures())


main()
