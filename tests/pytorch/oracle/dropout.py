"""castnet's dropout masks from their definition, without castnet's code."""

import numpy
import torch


def philox(counter, seed):
    """Philox4x32-10 (Salmon et al., SC 2011) of four arrays of words."""
    c = [numpy.asarray(word, dtype=numpy.uint64) for word in counter]
    k = [seed & 0xFFFFFFFF, seed >> 32]
    low, shift = numpy.uint64(0xFFFFFFFF), numpy.uint64(32)
    for _ in range(10):
        a, b = numpy.uint64(0xD2511F53) * c[0], numpy.uint64(0xCD9E8D57) * c[2]
        c = [
            (b >> shift) ^ c[1] ^ numpy.uint64(k[0]), b & low,
            (a >> shift) ^ c[3] ^ numpy.uint64(k[1]), a & low,
        ]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


# The known answers that come with the authors' library (kat_vectors).
assert [int(w) for w in philox([0] * 4, 0)] == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
assert [int(w) for w in philox([2**32 - 1] * 4, 2**64 - 1)] == [
    0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD,
]


def mask(shape, rate, per_channel, index, seed, epoch, samples):
    """0 or 1 / (1 - rate) for x [N, C, H, W]: element e (or channel e) of image `sample` is dropped
    where word e % 4 of philox({sample, epoch, e / 4, 256 + index}), as a number in [0, 1) of 24
    bits, is below the rate."""
    count = shape[1] if per_channel else shape[1] * shape[2] * shape[3]
    e = numpy.arange(count)
    sample = numpy.asarray(samples)[:, None]
    words = philox([sample + 0 * e, epoch + 0 * e, 0 * sample + e // 4, 256 + index + 0 * e], seed)
    words = numpy.stack(numpy.broadcast_arrays(*words))
    chosen = numpy.take_along_axis(words, numpy.broadcast_to(e % 4, words[:1].shape), 0)[0]
    uniform = (chosen >> numpy.uint64(8)).astype(numpy.float64) * 2.0**-24
    factors = torch.from_numpy(numpy.where(uniform < rate, 0.0, 1 / (1 - rate)))
    return factors.reshape(shape[0], shape[1], *((1, 1) if per_channel else shape[2:]))
