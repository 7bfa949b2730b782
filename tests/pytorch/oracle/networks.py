"""Twenty training steps of whole networks."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import swa_utils

from . import dropout
from .common import CLASSES, labels_of, pattern, thinned

STEPS = 20
BATCH = 32
SEED = 0x0123456789ABCDEF


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

    def forward(self, x, step):
        x = F.max_pool2d(self.c3(self.C2(self.C1(x))), 2)
        return self.c11(F.adaptive_avg_pool2d(self.C4(x), 1)).flatten(1)


class OrderedBlock(nn.Module):
    """A convolution, batch norm, ReLU and dropout in any order; `index` counts dropouts."""

    def __init__(self, order, cin, cout, groups, rate, per_channel, index):
        super().__init__()
        self.order = order.split()
        self.drop = rate, per_channel, index
        self.conv = nn.Conv2d(cin, cout, 3, padding=1, groups=groups, bias=False)
        first = self.order.index("norm") < self.order.index("conv")
        self.norm = nn.BatchNorm2d(cin if first else cout)

    def dropout(self, x, step):
        return x * dropout.mask(x.shape, *self.drop, SEED, epoch_of(step), samples_of(step))

    def forward(self, x, step):
        steps = {
            "conv": self.conv,
            "norm": self.norm,
            "relu": F.relu,
            "dropout": lambda t: self.dropout(t, step),
        }
        for word in self.order:
            x = steps[word](x)
        return x


class Orders(nn.Module):
    """specs/orders.yaml."""

    def __init__(self, order, rate, per_channel):
        super().__init__()
        self.C1 = OrderedBlock(order, 1, 4, 1, rate, per_channel, 0)
        self.C2 = OrderedBlock(order, 4, 8, 1, rate, per_channel, 1)
        self.D3 = OrderedBlock(order, 8, 8, 8, rate, per_channel, 2)
        self.F4 = nn.ModuleDict({"linear": nn.Linear(8, CLASSES)})

    def forward(self, x, step):
        x = F.max_pool2d(self.C1(x, step), 2)
        x = F.avg_pool2d(self.C2(x, step), 2)
        return self.F4["linear"](F.adaptive_avg_pool2d(self.D3(x, step), 1).flatten(1))


class ResBlock(nn.Module):
    """A 3x3 convolution, batch norm and ReLU to which a skip is added; names as castnet's."""

    def __init__(self, cin, cout, stride=1, skip=None, after_block=False):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(cout)
        self.skip = skip
        self.after_block = after_block

    def forward(self, x, earlier=None):
        x = self.norm(self.conv(x))
        if earlier is None:
            return F.relu(x)
        if self.skip is not None:
            for module in self.skip.values():
                earlier = module(earlier)
        return F.relu(x) + earlier if self.after_block else F.relu(x + earlier)


class ResNet(nn.Module):
    """specs/resnet.yaml."""

    def __init__(self, after_block=False):
        super().__init__()
        skip = {"conv": nn.Conv2d(4, 8, 1, stride=2, bias=after_block)}
        if not after_block:
            skip["norm"] = nn.BatchNorm2d(8)
        self.C1 = ResBlock(1, 4)
        self.C2 = ResBlock(4, 4)
        self.C3 = ResBlock(4, 4, after_block=after_block)
        self.C4 = ResBlock(4, 8, stride=2)
        self.C5 = ResBlock(8, 8, skip=nn.ModuleDict(skip), after_block=after_block)
        self.F6 = nn.ModuleDict({"linear": nn.Linear(8, CLASSES)})

    def forward(self, x, step):
        x = F.max_pool2d(self.C1(x), 2)
        x = self.C3(self.C2(x), x)
        x = self.C5(self.C4(x), x)
        return self.F6["linear"](F.adaptive_avg_pool2d(x, 1).flatten(1))


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of each pixel."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class GatedBlock(nn.Module):
    """A 3x3 convolution, channel norm and PReLU. With `reduced` channels, squeeze and excitation
    follows; where a skip is added, it stands before the sum, and PReLU behind it."""

    def __init__(self, cin, cout, reduced=0, affine=True, slopes=None):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, padding=1, bias=False)
        self.norm = ChannelNorm(cout, elementwise_affine=affine)
        self.prelu = nn.PReLU(slopes or cout)
        self.gated = reduced > 0
        if self.gated:
            self.reduce = nn.ModuleDict({"conv": nn.Conv2d(cout, reduced, 1)})
            self.expand = nn.ModuleDict({"conv": nn.Conv2d(reduced, cout, 1)})

    def gate(self, x):
        if not self.gated:
            return x
        squeezed = F.relu(self.reduce["conv"](F.adaptive_avg_pool2d(x, 1)))
        return x * torch.sigmoid(self.expand["conv"](squeezed))

    def forward(self, x, earlier=None):
        x = self.norm(self.conv(x))
        if earlier is None:
            return self.gate(self.prelu(x))
        return self.prelu(self.gate(x) + earlier)


class Blocks(nn.Module):
    """specs/blocks.yaml."""

    def __init__(self):
        super().__init__()
        self.C1 = GatedBlock(1, 4)
        self.C2 = GatedBlock(4, 8, reduced=4)
        self.C3 = GatedBlock(8, 8, reduced=2)
        self.C4 = GatedBlock(8, 8, affine=False, slopes=1)
        self.F5 = nn.ModuleDict({"linear": nn.Linear(8, CLASSES)})

    def forward(self, x, step):
        x = self.C2(F.avg_pool2d(self.C1(x), 2))
        x = self.C4(F.avg_pool2d(self.C3(x, x), 2))
        return self.F5["linear"](F.adaptive_avg_pool2d(x, 1).flatten(1))


class Recipe:
    """How the networks without a recipe of their own are trained."""

    smoothing = 0.0
    ema = None  # decay

    def optimizer(self, network):
        return torch.optim.SGD(
            network.parameters(), 0.1, momentum=0.9, nesterov=True, weight_decay=5e-4
        )

    def schedule(self, optimizer):
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 0.1, total_steps=STEPS, pct_start=0.25, anneal_strategy="linear",
            cycle_momentum=False, div_factor=25, final_div_factor=100,
        )

    def change_gradients(self, network):
        """Between backward and the optimizer's step."""


def decay_groups(network, decay, chosen):
    """Parameter groups with weight decay where chosen(name)."""
    groups = ([], [])
    for name, value in network.named_parameters():
        groups[chosen(name)].append(value)
    return [{"params": g, "weight_decay": d} for g, d in zip(groups, (0.0, decay))]


def add_l1(network, factor, layers):
    """The gradient of the L1 norm; castnet does not clip it, so it comes after clipping."""
    for name, value in network.named_parameters():
        if name.split(".")[0] in layers:
            value.grad += factor * value.detach().sign()


def is_norm(name):
    return "norm" in name


def is_weight(name):
    return name.endswith("weight") and not is_norm(name)


class Regularised(Recipe):
    """specs/resnet.yaml's variant `regularised`."""

    smoothing = 0.1
    ema = 0.9

    def optimizer(self, network):
        return torch.optim.SGD(decay_groups(network, 0.01, is_weight), 0.05, momentum=0.9)

    def schedule(self, optimizer):
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS - 1, eta_min=0.001)

    def change_gradients(self, network):
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        add_l1(network, 1e-3, ("C4", "F6"))


class AdamW(Recipe):
    """specs/resnet.yaml's variant `adamw`."""

    def optimizer(self, network):
        return torch.optim.AdamW(decay_groups(network, 0.1, lambda name: not is_norm(name)), 0.01)

    def schedule(self, optimizer):
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 0.01, total_steps=STEPS, pct_start=0.25, anneal_strategy="cos",
            cycle_momentum=False, div_factor=25, final_div_factor=100,
        )

    def change_gradients(self, network):
        nn.utils.clip_grad_value_(network.parameters(), 0.05)
        add_l1(network, 1e-3, ("C5",))


def epoch_of(step):
    return step // 10


def samples_of(step):
    """Each image's index in an imagined data set."""
    return [BATCH * step + i for i in range(BATCH)]


def set_parameters(network):
    """Parameter t, in alphabetical order, is c + b pattern(100 + t), as float32: c = 1, b = 0.25
    for a norm's weight, else c = 0 and b = 0.5."""
    for t, (name, value) in enumerate(sorted(network.named_parameters())):
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


def store(out, prefix, state):
    for name, value in state.items():
        if not name.endswith("num_batches_tracked"):
            out[prefix + name] = thinned(value).clone()


def train(out, case, network, recipe=Recipe()):
    network = network.double().train()
    set_parameters(network)
    optimizer = recipe.optimizer(network)
    schedule = recipe.schedule(optimizer)
    averaged = swa_utils.AveragedModel(
        network,
        avg_fn=lambda average, now, count: recipe.ema * average + (1 - recipe.ema) * now,
        use_buffers=True,
    )
    losses, rates = [], []
    for step in range(STEPS):
        labels = labels_of(BATCH, 2000 + step)
        optimizer.zero_grad()
        scores = network(images_of(labels, 1000 + step), step)
        loss = F.cross_entropy(scores, labels, label_smoothing=recipe.smoothing)
        loss.backward()
        if step == 0:
            gradients = {name: value.grad for name, value in network.named_parameters()}
            store(out, f"{case}/first_gradient/", gradients)
        recipe.change_gradients(network)
        optimizer.step()
        if recipe.ema:
            averaged.update_parameters(network)
        losses.append(loss.item())
        rates.append(schedule.get_last_lr()[0])
        schedule.step()
    out[f"{case}/losses"] = torch.tensor(losses)
    out[f"{case}/rates"] = torch.tensor(rates)
    store(out, f"{case}/final/", network.state_dict())
    if recipe.ema:
        store(out, f"{case}/average/", averaged.module.state_dict())


def fixtures():
    out = {}
    for kind in ("batch", "group", "layer", "element", "instance"):
        train(out, kind, Parity(kind))
    orders = {  # order, rate, whether whole channels are dropped
        "relu_norm_dropout": ("conv relu norm dropout", 0.2, False),
        "norm_dropout_relu": ("conv norm dropout relu", 0.3, False),
        "norm_relu_conv": ("norm relu conv dropout", 0.2, False),
        "norm_relu_dropout": ("conv norm relu dropout", 0.25, True),
    }
    for name, (order, rate, per_channel) in orders.items():
        train(out, name, Orders(order, rate, per_channel))
    train(out, "resnet", ResNet())
    train(out, "resnet_after_block", ResNet(after_block=True))
    train(out, "resnet_regularised", ResNet(), Regularised())
    train(out, "resnet_adamw", ResNet(), AdamW())
    train(out, "blocks", Blocks())
    return out
