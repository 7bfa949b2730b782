// Random brightness, contrast, saturation and hue, as torchvision's ColorJitter in its own order.
#pragma once

#include <span>

#include "core/real.hpp"
#include "data/augment_draw.hpp"

namespace castnet {

/// Changes the colours of `image` [channels][height][width] in 0..1. In this order, each followed
/// by clamping to 0..1, and each left out where it is neutral:
///
/// - brightness b: b·v
/// - contrast c: c·v + (1 - c)·m, where m is the mean of the grey image
/// - saturation s: s·v + (1 - s)·g, where g is the grey pixel
/// - hue h: the hue in HSV moves on by h turns
///
/// Grey is 0.2989 R + 0.587 G + 0.114 B; without three channels, the channels' mean. Saturation and
/// hue then do nothing.
void jitter_colours(const AugmentDraw::ColourJitter& draw, ImageShape shape, std::span<Real> image);

}  // namespace castnet
