"""What fixed draws of augmentation make of an image, and mixup of a batch."""

import math

import torch
import torch.nn.functional as F

from .common import CLASSES, labels_of, one_hot, pattern
from .dropout import philox

CHANNELS, HEIGHT, WIDTH = 3, 7, 8
MEAN, DEVIATION = (0.5, 0.45, 0.4), (0.25, 0.2, 0.3)
AUGMENT_STREAM = 3


def bytes_of(shape, seed):
    return ((pattern(shape, seed) + 1) * 128).floor()


def image():
    """Pixels in 0..1 [1, 3, H, W]; the first column is grey, in the second red equals green."""
    pixels = bytes_of([1, CHANNELS, HEIGHT, WIDTH], 40) / 255
    pixels[:, :, :, 0] = pixels[:, :1, :, 0]
    pixels[:, 1, :, 1] = pixels[:, 0, :, 1]
    return pixels


def per_channel(values):
    return torch.tensor(values, dtype=torch.float64).view(1, -1, 1, 1)


def normalised(pixels):
    return (pixels - per_channel(MEAN)) / per_channel(DEVIATION)


def border_value(border):
    """What lies outside: the mean colour (0 after normalisation), or black."""
    return per_channel(MEAN) if border == "zero" else per_channel((0.0,) * 3)


# Geometry. Maps are 3x3 matrices from offsets (x, y, 1) about the centre of the image before a step
# to those after it; x to the right, y down, in pixels.


def turned(degrees):
    """Counter-clockwise as one sees it, y pointing down."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return torch.tensor([[c, s, 0], [-s, c, 0], [0, 0, 1]], dtype=torch.float64)


def moved(dx, dy):
    return torch.tensor([[1, 0, dx], [0, 1, dy], [0, 0, 1]], dtype=torch.float64)


def scaled(x, y):
    return torch.diag(torch.tensor([x, y, 1], dtype=torch.float64))


def shifted_scaled_rotated(dx, dy, scale, degrees):
    return moved(dx, dy) @ scaled(scale, scale) @ turned(degrees)


def stretched(top, left, height, width):
    """The window becomes the whole image."""
    middle = moved(WIDTH / 2 - (left + width / 2), HEIGHT / 2 - (top + height / 2))
    return scaled(WIDTH / width, HEIGHT / height) @ middle


def sample(values, forward, mode="zeros"):
    """values [1, C, h, w], centred on the output [1, C, HEIGHT, WIDTH], moved by `forward`."""
    high, wide = values.shape[2:]
    to_unit, from_unit = scaled(2 / wide, 2 / high), scaled(WIDTH / 2, HEIGHT / 2)
    theta = (to_unit @ torch.linalg.inv(forward) @ from_unit)[None, :2]
    grid = F.affine_grid(theta, [1, CHANNELS, HEIGHT, WIDTH], align_corners=False)
    return F.grid_sample(values, grid, "bilinear", mode, align_corners=False)


def move(pixels, forward, border):
    if border == "edge":  # places beyond the centres of the edge pixels are clamped to them
        return sample(pixels, forward, "border")
    if border == "reflect":  # about the edge pixels' centres; grid_sample's own is about the edges
        for _ in range(4):
            pixels = F.pad(pixels, (WIDTH - 1,) * 2 + (HEIGHT - 1,) * 2, mode="reflect")
        return sample(pixels, forward)
    return sample(pixels - border_value(border), forward) + border_value(border)


def crop(pixels, padding, top, left, border):
    around = (padding,) * 4
    if border == "reflect":
        padded = F.pad(pixels, around, mode="reflect")
    else:
        padded = F.pad(pixels - border_value(border), around) + border_value(border)
    return padded[:, :, top : top + HEIGHT, left : left + WIDTH]


# Colours, by the formulas of torchvision.transforms.functional on tensors.


def blend(one, other, factor):
    return (factor * one + (1 - factor) * other).clamp(0, 1)


def grey(pixels):
    return (pixels * per_channel((0.2989, 0.587, 0.114))).sum(1, keepdim=True)


def to_hsv(pixels):
    r, g, b = pixels.unbind(1)
    most, least = pixels.amax(1), pixels.amin(1)
    equal, one = most == least, torch.ones_like(most)
    saturation = (most - least) / torch.where(equal, one, most)
    chroma = torch.where(equal, one, most - least)
    rc, gc, bc = (most - r) / chroma, (most - g) / chroma, (most - b) / chroma
    hue = (most == r) * (bc - gc)
    hue = hue + ((most == g) & (most != r)) * (2 + rc - bc)
    hue = hue + ((most != g) & (most != r)) * (4 + gc - rc)
    return torch.fmod(hue / 6 + 1, 1), saturation, most


def from_hsv(hue, saturation, v):
    sixth = (hue * 6).floor()
    f = hue * 6 - sixth
    p, q = v * (1 - saturation), v * (1 - saturation * f)
    t = v * (1 - saturation * (1 - f))
    sixth = sixth.long()[:, None] % 6
    channels = ((v, q, p, p, t, v), (t, v, v, q, p, p), (p, p, t, v, v, q))
    return torch.cat([torch.stack(c, 1).gather(1, sixth) for c in channels], 1)


def jitter(pixels, brightness=1.0, contrast=1.0, saturation=1.0, hue=0.0):
    pixels = blend(pixels, torch.zeros_like(pixels), brightness)
    pixels = blend(pixels, grey(pixels).mean(), contrast)
    pixels = blend(pixels, grey(pixels), saturation)
    h, s, v = to_hsv(pixels)
    return from_hsv((h + hue) % 1, s, v)


def cut_out(values, size, y, x):
    top, left = y - size // 2, x - size // 2
    values = values.clone()
    values[:, :, max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = 0
    return values


def cases():
    x = image()
    turn = shifted_scaled_rotated(1.25, -0.75, 1.2, 10)
    shrink = shifted_scaled_rotated(-2.5, 3.25, 0.4, -50)
    window = stretched(1.25, 2.5, 4.5, 3.75)
    yield "plain", x
    for border in ("zero", "black", "reflect"):
        yield f"crop_{border}", crop(x, 3, 5, 1, border)
        yield f"rotation_{border}", move(x, turned(33.5), border)
        yield f"shift_scale_rotate_{border}", move(x, turn, border)
        yield f"shrink_{border}", move(x, shrink, border)
    yield "half_turn", move(x, turned(180), "zero")
    yield "shift", move(x, moved(2, -1), "black")
    yield "turned_twice", move(x, turned(-20) @ turn, "black")
    yield "flip", x.flip(3)
    yield "crop_flip", crop(x, 2, 4, 3, "reflect").flip(3)
    yield "window", move(x, window, "edge")
    yield "window_edges", move(x, stretched(0, 3.5, 3.5, 4.5), "edge")
    yield "brighter", jitter(x, brightness=1.4)
    yield "darker", jitter(x, brightness=0.5)
    yield "more_contrast", jitter(x, contrast=1.5)
    yield "less_contrast", jitter(x, contrast=0.6)
    yield "saturated", jitter(x, saturation=1.7)
    yield "faded", jitter(x, saturation=0.3)
    yield "hue_forwards", jitter(x, hue=0.2)
    yield "hue_backwards", jitter(x, hue=-0.35)
    yield "jitter", jitter(x, 1.2, 0.8, 1.3, 0.1)
    yield "rotation_jitter", jitter(move(x, turned(33.5), "zero"), 0.9, 1.3, 0.7, -0.1)
    whole = move(x, window @ turned(-20) @ turn, "reflect")
    whole = crop(whole, 2, 1, 4, "reflect").flip(3)
    yield "everything", jitter(whole, 1.1, 0.9, 1.2, 0.05)


def mixup_share(alpha, first, epoch, seed):
    """Cheng's algorithm BA (CACM 21, 1978) for Beta(alpha, alpha), the larger of share and rest."""
    total = 2 * alpha
    beta = 1 / alpha if alpha <= 1 else math.sqrt((total - 2) / (2 * alpha * alpha - total))
    gamma = alpha + 1 / beta
    for attempt in range(100):
        words = philox([first, epoch, 32 + attempt, AUGMENT_STREAM], seed)
        u1, u2 = (int(w) * 2.0**-32 + 2.0**-33 for w in words[:2])
        v = beta * math.log(u1 / (1 - u1))
        w = alpha * math.exp(v)
        bound = total * math.log(total / (alpha + w)) + gamma * v - math.log(4)
        if bound >= math.log(u1 * u1 * u2):
            return max(w / (alpha + w), alpha / (alpha + w))
    raise RuntimeError("no share after 100 attempts")


def mixup(out):
    """Of 32 grey images of 28x28, labels smoothed by 0.1: every 49th pixel, and targets."""
    images = (bytes_of([32, 28, 28], 41) / 255 - 0.5) / 0.25
    targets = 0.9 * one_hot(labels_of(32, 42)) + 0.1 / CLASSES
    for name, alpha, epoch in (("small", 0.2, 3), ("one", 1.0, 0), ("large", 2.5, 1)):
        share = mixup_share(alpha, 0, epoch, 7)
        mixed = [share * t + (1 - share) * t.roll(-1, 0) for t in (images, targets)]
        out[f"mixup/{name}/share"] = torch.tensor([share])
        out[f"mixup/{name}/images"] = mixed[0].flatten()[::49]
        out[f"mixup/{name}/targets"] = mixed[1]


def fixtures():
    out = {name: normalised(pixels)[0] for name, pixels in cases()}
    plain = normalised(image())
    for name, size, y, x in (("odd", 3, 3, 4), ("even", 4, 3, 4), ("corner", 4, 0, 7)):
        out[f"cutout_{name}"] = cut_out(plain, size, y, x)[0]
    out["everything"] = cut_out(out["everything"][None], 2, 6, 2)[0]
    grey_image = image()[:, :1]
    darker = 0.8 * grey_image
    contrasted = blend(darker, darker.mean(), 1.5)
    out["jitter_grey"] = ((contrasted - MEAN[0]) / DEVIATION[0])[0]
    mixup(out)
    return out
