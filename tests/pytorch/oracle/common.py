"""Numbers that both sides compute, and the fixtures' file format."""

import json
import struct

import numpy
import torch

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


def one_hot(labels):
    return torch.nn.functional.one_hot(labels, CLASSES).double()


def thinned(value):
    """Every seventh element of a large tensor, in a row: enough to compare, and small."""
    flat = value.detach().flatten()
    return flat[::7] if flat.numel() > 1000 else flat


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
