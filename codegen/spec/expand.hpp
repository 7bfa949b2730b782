// Expansion: tokens and three levels of settings become layers.
#pragma once

#include <vector>

#include "spec/layer_settings.hpp"
#include "spec/tokens.hpp"

namespace castnet::codegen {

/// The forms of `defaults` and `overrides`.
Form defaults_form();
Form overrides_form();

/// Makes one LayerSpec for each token from the top level's settings, `defaults` by kind and
/// `overrides` by layer name (either may be null). The more specific level takes precedence, as
/// docs/spec.md says. A layer's block keeps only the steps that have an effect: no norm `none`, and
/// no dropout of rate 0.
std::vector<LayerSpec> expand_layers(Reader& reader, const Tokens& tokens, const LayerSettings& top,
                                     const YamlValue* defaults, const YamlValue* overrides);

}  // namespace castnet::codegen
