"""One operator at a time: results and gradients."""

import torch
import torch.nn.functional as F

from .common import CLASSES, labels_of, leaf, one_hot, pattern

BATCH = 16


def kept(value):
    """Every fifth image: the lanes of a block share their code."""
    return value[::5]


def record(out, case, y, **leaves):
    """Backpropagates pattern seed 4 from y; stores y and the gradient d_NAME of each leaf."""
    y.backward(pattern(y.shape, 4))
    out[f"{case}/y"] = kept(y)
    for name, value in leaves.items():
        out[f"{case}/d_{name}"] = kept(value.grad) if name == "x" else value.grad


def convolutions(out):
    # case: in, height, width, out channels, kernel, stride, padding, dilation, groups, bias
    cases = {
        "plain": (3, 5, 6, 4, 3, 1, 1, 1, 1, True),
        "large": (3, 7, 6, 4, 5, 1, 2, 1, 1, False),
        "even": (3, 6, 5, 4, 2, 1, 0, 1, 1, True),
        "even_padded": (3, 6, 5, 4, 4, 2, 1, 1, 1, False),
        "patches": (3, 6, 8, 5, 2, 2, 0, 1, 1, True),
        "unpadded": (3, 5, 6, 4, 3, 1, 0, 1, 1, False),
        "pointwise": (5, 4, 4, 3, 1, 1, 0, 1, 1, False),
        "pointwise_stride": (5, 5, 6, 6, 1, 2, 0, 1, 1, False),
        "pointwise_padded": (3, 4, 3, 5, 1, 1, 1, 1, 1, True),
        "pointwise_groups": (6, 4, 4, 4, 1, 1, 0, 1, 2, True),
        "stride": (3, 7, 6, 4, 3, 2, 1, 1, 1, True),
        "stride_beyond_kernel": (2, 8, 7, 3, 2, 3, 0, 1, 1, False),
        "dilation": (2, 7, 8, 3, 3, 1, 2, 2, 1, False),
        "dilation_stride": (2, 9, 8, 3, 3, 2, 3, 3, 1, True),
        "groups": (4, 5, 5, 6, 3, 1, 1, 1, 2, True),
        "depthwise": (4, 6, 5, 4, 3, 1, 1, 1, 4, False),
        "depthwise_stride": (5, 6, 7, 5, 3, 2, 1, 1, 5, True),
        "depthwise_dilation": (3, 7, 6, 3, 3, 1, 2, 2, 3, False),
        "depthwise_multiplier": (3, 5, 5, 6, 3, 1, 1, 1, 3, True),
        "winograd": (8, 16, 16, 9, 3, 1, 1, 1, 1, True),
        "winograd_padded": (9, 10, 11, 8, 3, 1, 2, 1, 1, False),
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
    affine = {"none": None, "channel": [4], "element": shape[1:]}

    def layer(x, w, b):
        """Statistics over an image; the affine of each element, of each channel or none."""
        if w is None or w.dim() == 3:
            return F.layer_norm(x, shape[1:], w, b)
        return F.layer_norm(x, shape[1:]) * w[:, None, None] + b[:, None, None]

    kinds = {
        "group": (lambda x, w, b: F.group_norm(x, 2, w, b), ("channel", "none")),
        "layer": (layer, ("channel", "element", "none")),
        "instance": (lambda x, w, b: F.instance_norm(x, weight=w, bias=b), ("channel", "none")),
    }
    cases = [("batch", None, kind) for kind in ("channel", "none")]
    cases += [(name, rule, kind) for name, (rule, affines) in kinds.items() for kind in affines]
    for norm, rule, kind in cases:
        name = f"norm/{norm}_{kind}"
        x = leaf(shape, 1)
        w, b = (leaf(affine[kind], seed) if affine[kind] else None for seed in (2, 3))
        if rule:
            y = rule(x, w, b)
        else:
            mean, variance = torch.zeros(4).double(), torch.ones(4).double()
            y = F.batch_norm(x, mean, variance, w, b, training=True)
            out[f"{name}/running_mean"], out[f"{name}/running_var"] = mean, variance
            out[f"{name}/evaluated"] = kept(F.batch_norm(x, mean, variance, w, b, training=False))
        gradients = {"x": x} | ({"weight": w, "bias": b} if w is not None else {})
        record(out, name, y, **gradients)


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
        "average_overlap": lambda t: F.avg_pool2d(t, 3, 1),
        "average_padded": lambda t: F.avg_pool2d(t, 3, 2, 1),
        "global": lambda t: F.adaptive_avg_pool2d(t, 1),
    }
    for name, function in pools.items():
        x = leaf([BATCH, 2, 6, 7], 1)
        record(out, f"pool/{name}", function(x), x=x)


def head(out):
    x, w, b = leaf([BATCH, 7], 1), leaf([5, 7], 2), leaf([5], 3)
    record(out, "linear", F.linear(x, w, b), x=x, weight=w, bias=b)


def mixed_targets():
    """Two labels an image, mixed by a share of its own, as mixup makes them."""
    share = ((pattern([BATCH], 6) + 1) / 2)[:, None]
    mixed = share * one_hot(labels_of(BATCH, 5)) + (1 - share) * one_hot(labels_of(BATCH, 7))
    return mixed.float().double()


def soft_targets():
    """A distribution over all classes that is zero nowhere."""
    weights = pattern([BATCH, CLASSES], 8) + 1.125
    return (weights / weights.sum(1, keepdim=True)).float().double()


def losses(out):
    labels = labels_of(BATCH, 5)
    cases = {
        "plain": lambda s: F.cross_entropy(s, labels, reduction="none"),
        "smoothed": lambda s: F.cross_entropy(s, labels, reduction="none", label_smoothing=0.1),
        "mixed": lambda s: F.cross_entropy(s, mixed_targets(), reduction="none"),
        "soft": lambda s: F.cross_entropy(s, soft_targets(), reduction="none"),
    }
    for name, loss in cases.items():
        x = leaf([BATCH, CLASSES], 1)
        scores = 5 * x
        values = loss(scores)
        values.mean().backward()
        out[f"loss/{name}/losses"] = values
        out[f"loss/{name}/probabilities"] = scores.softmax(1)
        out[f"loss/{name}/d_logits"] = x.grad / 5


def channels(out):
    """Operators by channel: sigmoid and the scale of squeeze-and-excitation, PReLU, channel norm."""
    x = leaf([BATCH, 2, 3, 4], 1)
    record(out, "activation/sigmoid", torch.sigmoid(4 * x), x=x)

    x, s = leaf([BATCH, 3, 4, 5], 1), leaf([BATCH, 3], 2)
    record(out, "scale", x * s[:, :, None, None], x=x, s=s)

    for name, slopes in {"prelu": 3, "prelu_shared": 1}.items():
        x, w = leaf([BATCH, 3, 4, 5], 1), leaf([slopes], 2)
        record(out, name, F.prelu(x, w), x=x, weight=w)

    for name, affine in {"channel_norm": True, "channel_norm_plain": False}.items():
        x = leaf([BATCH, 6, 4, 5], 1)
        w, b = (leaf([6], seed) if affine else None for seed in (2, 3))
        y = F.layer_norm(x.permute(0, 2, 3, 1), [6], w, b, 1e-6).permute(0, 3, 1, 2)
        gradients = {"x": x} | ({"weight": w, "bias": b} if affine else {})
        record(out, name, y, **gradients)


def fixtures():
    out = {}
    for part in (convolutions, norms, pointwise, head, losses, channels):
        part(out)
    return out
