#include "spec/expand.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "spec/names.hpp"

namespace castnet::codegen {
namespace {

/// The levels from the most general to the most specific. castnet's own knowledge of a kind (a 1x1
/// convolution has no norm) comes above the top level's `block` and below `defaults`.
enum class Level { builtin, top, kind, defaults, overrides };

template <class T>
struct Chosen {
  T value{};
  Level level = Level::builtin;
  Location where;
};

/// The settings that apply to one layer, from general to specific.
struct Levels {
  const LayerSettings* top;
  const LayerSettings* defaults;
  const LayerSettings* overrides;

  /// The most specific value of a key, or `fallback` if no level gives one.
  template <class T>
  Chosen<T> pick(Maybe<T> LayerSettings::*key, T fallback, Level fallback_level = Level::builtin,
                 bool use_top = true) const {
    const std::array<std::pair<const LayerSettings*, Level>, 3> levels = {
        {{overrides, Level::overrides},
         {defaults, Level::defaults},
         {use_top ? top : nullptr, Level::top}}};
    for (const auto& [settings, level] : levels) {
      if (settings && settings->*key) {
        return {(settings->*key)->value, level, (settings->*key)->where};
      }
    }
    return {std::move(fallback), fallback_level, {}};
  }
};

/// The block of a layer for which the spec gives none.
Chosen<Block> builtin_block(const TokenKind& kind) {
  return {block_of(kind.block), kind.as_the_top ? Level::builtin : Level::kind, {}};
}

/// A setting without a step in its layer's block would silently have no effect.
template <class T>
void require_step(Reader& reader, const Token& token, const Chosen<Block>& block, BlockStep step,
                  const Chosen<T>& setting, bool effective, std::string_view word) {
  if (!effective || block.value.has(step) || setting.level == Level::builtin ||
      setting.level < block.level) {
    return;
  }
  reader.error(setting.where,
               fmt::format("the block of '{}' has no step '{}' for this; add it to 'block'",
                           token.name, word));
}

/// Sets kernel, stride, dilation, groups and padding.
void set_window(Reader& reader, const Token& token, const Levels& levels, LayerSpec& layer) {
  const TokenKind& kind = token_kind(token.letter);
  if (!kind.has("kernel")) return;
  const bool pool = kind.has("pool");
  layer.kernel = levels.pick(&LayerSettings::kernel, kind.kernel).value;
  layer.stride = levels.pick(&LayerSettings::stride, pool ? layer.kernel : 1).value;
  layer.dilation = levels.pick(&LayerSettings::dilation, 1).value;
  layer.groups = levels.pick(&LayerSettings::groups, 1).value;
  layer.pool = levels.pick(&LayerSettings::pool, PoolKind::max).value;
  const auto padding = levels.pick(&LayerSettings::padding, Padding{});
  const bool odd = layer.kernel % 2 == 1;
  if (padding.value.pixels) {
    layer.padding = *padding.value.pixels;
  } else {
    layer.padding = pool || !odd ? 0 : layer.dilation * (layer.kernel - 1) / 2;
    const bool same = !pool && odd && layer.stride == 1;
    if (padding.level != Level::builtin && !same) {
      reader.error(
          padding.where,
          fmt::format("padding 'same' needs a convolution with an odd kernel and stride 1; "
                      "'{}' has kernel {} and stride {}",
                      token.name, layer.kernel, layer.stride));
    }
  }
  if (pool && layer.padding > layer.kernel / 2) {
    reader.error(padding.where, fmt::format("padding {} of '{}' is more than half of its kernel {}",
                                            layer.padding, token.name, layer.kernel));
  }
}

/// Sets the activation. Its key decides, unless a block of the same or a more specific level names
/// another.
void set_activation(Reader& reader, const Token& token, const Levels& levels,
                    const Chosen<Block>& block, LayerSpec& layer) {
  const auto chosen = levels.pick(&LayerSettings::activation, ActivationSpec{});
  layer.activation = chosen.value;
  require_step(reader, token, block, BlockStep::activation, chosen,
               chosen.value.kind != ActivationKind::none && chosen.level > Level::top, "act");
  const auto named = block.value.activation;
  if (!named || *named == chosen.value.kind || chosen.level > block.level) return;
  if (chosen.level == block.level) {
    reader.error(chosen.where, "'block' names another activation; write 'act' in it");
  }
  layer.activation = ActivationSpec{};
  layer.activation.kind = *named;
}

/// Sets squeeze and excitation. If the block does not place it, it comes after the last of
/// convolution, norm and activation. If a skip connection is added before the activation, it comes
/// before that sum.
void set_squeeze(Reader& reader, const Token& token, const Levels& levels,
                 const Chosen<Block>& block, LayerSpec& layer) {
  if (block.value.has(BlockStep::squeeze)) {
    if (layer.squeeze == 0 && block.level == Level::overrides) {
      reader.error(block.where, fmt::format("the block of '{0}' has a squeeze, but its ratio is "
                                            "missing; write 'squeeze: 4' under '{0}'",
                                            token.name));
    }
    return;
  }
  if (layer.squeeze == 0) return;
  auto& steps = layer.block;
  const SkipSettings* const skip =
      levels.overrides && levels.overrides->skip ? &levels.overrides->skip->value : nullptr;
  const bool skips = skip && !(skip->place && skip->place->value == SkipPlace::after_block);
  const auto place = std::find_if(steps.begin(), steps.end(), [&](BlockStep step) {
    return step == BlockStep::dropout || (skips && step == BlockStep::activation);
  });
  steps.insert(std::max(place, std::find(steps.begin(), steps.end(), BlockStep::core) + 1),
               BlockStep::squeeze);
}

/// Sets norm, activation, dropout, and the block's steps that have an effect.
void set_block(Reader& reader, const Token& token, const Levels& levels, LayerSpec& layer) {
  const TokenKind& kind = token_kind(token.letter);
  const Chosen<Block> builtin = builtin_block(kind);
  const auto block =
      levels.pick(&LayerSettings::block, builtin.value, builtin.level, kind.as_the_top);
  const auto dropout =
      levels.pick(&LayerSettings::dropout, DropoutSpec{}, Level::builtin, kind.as_the_top);
  if (kind.has("norm")) {
    const auto norm = levels.pick(&LayerSettings::norm, NormSpec{});
    layer.norm = norm.value;
    require_step(reader, token, block, BlockStep::norm, norm, norm.value.kind != NormKind::none,
                 "norm");
  }
  set_activation(reader, token, levels, block, layer);
  layer.dropout = dropout.value;
  require_step(reader, token, block, BlockStep::dropout, dropout, dropout.value.rate > 0,
               "dropout");

  layer.squeeze = levels.pick(&LayerSettings::squeeze, 0).value;
  for (const BlockStep step : block.value.steps) {
    const bool idle =
        (step == BlockStep::squeeze && layer.squeeze == 0) ||
        (step == BlockStep::norm && layer.norm.kind == NormKind::none) ||
        (step == BlockStep::dropout && layer.dropout.rate == 0) ||
        (step == BlockStep::activation && layer.activation.kind == ActivationKind::none);
    if (!idle) layer.block.push_back(step);
  }
  const auto absent = [&](BlockStep step) {
    return std::find(layer.block.begin(), layer.block.end(), step) == layer.block.end();
  };
  if (absent(BlockStep::norm)) layer.norm = NormSpec{};
  if (absent(BlockStep::dropout)) layer.dropout = DropoutSpec{};
  if (absent(BlockStep::activation)) layer.activation = {.kind = ActivationKind::none};
  if (kind.has("squeeze")) set_squeeze(reader, token, levels, block, layer);

  if (kind.has("bias")) {
    const Bias bias = levels.pick(&LayerSettings::bias, Bias::automatic).value;
    layer.bias = has_bias(bias, !absent(BlockStep::norm));
  }
}

/// Sets the initial weights. A dirac at the top level applies only to convolutions.
void set_init(const Token& token, const Levels& levels, LayerSpec& layer) {
  const TokenKind& kind = token_kind(token.letter);
  if (!kind.has("init")) return;
  const bool linear = kind.kind == LayerKind::linear;
  layer.init = levels.pick(&LayerSettings::init, Init::kaiming).value;
  if (linear && layer.init == Init::dirac) layer.init = Init::kaiming;
}

/// Sets the skip connection; `earlier` are the layers before this one.
void set_skip(Reader& reader, const Tokens& tokens, const Levels& levels,
              const std::vector<LayerSpec>& earlier, LayerSpec& layer) {
  if (!levels.overrides || !levels.overrides->skip) return;
  const SkipSettings& skip = levels.overrides->skip->value;
  if (skip.from.name.empty()) return;
  const bool found = std::any_of(earlier.begin(), earlier.end(),
                                 [&](const LayerSpec& one) { return one.name == skip.from.name; });
  if (!found) {
    std::vector<std::string_view> names;
    for (const LayerSpec& one : earlier) names.push_back(one.name);
    const bool later = std::any_of(tokens.list.begin(), tokens.list.end(), [&](const Token& token) {
      return token.name == skip.from.name;
    });
    if (later) {
      reader.error(skip.from.where,
                   fmt::format("a skip to '{}' must come from an earlier layer, but {} is not one",
                               layer.name, quote(skip.from.name)));
    } else if (tokens.complete) {
      reader.error(skip.from.where,
                   fmt::format("no layer {} before '{}'; {}", quote(skip.from.name), layer.name,
                               suggest(skip.from.name, names, "known")));
    }
    return;
  }
  // An activation before the core acts on the input, to which nothing is added.
  const auto core = std::find(layer.block.begin(), layer.block.end(), BlockStep::core);
  const bool active =
      std::find(core, layer.block.end(), BlockStep::activation) != layer.block.end();
  if (!active && skip.place && skip.place->value == SkipPlace::before_activation) {
    reader.error(
        skip.place->where,
        fmt::format(
            "the block of '{}' has no activation after the layer itself; write 'sum: after_block'",
            layer.name));
  }
  const SkipPlace fallback = active ? SkipPlace::before_activation : SkipPlace::after_block;
  layer.skip =
      SkipSpec{skip.from.name, skip.place ? skip.place->value : fallback, skip.projection.spec};
}

using SettingsByName = std::map<std::string, LayerSettings, std::less<>>;

/// `defaults`, by the kinds' tokens.
SettingsByName read_defaults(Reader& reader, const YamlValue* value) {
  SettingsByName settings;
  if (!value || !check_mapping(reader, *value, "defaults")) return settings;
  for (const Entry& entry : value->entries) {
    const auto kind = std::ranges::find(kTokenKinds, entry.key, &TokenKind::token);
    if (kind == kTokenKinds.end()) {
      std::array<std::string_view, kTokenKinds.size()> tokens;
      std::ranges::transform(kTokenKinds, tokens.begin(), &TokenKind::token);
      report_unknown(reader, entry, "defaults", tokens);
      continue;
    }
    LayerSettings one = read_layer_settings(reader, entry.value, entry.key, kind->letter());
    if (const Maybe<SkipSettings> skip = std::exchange(one.skip, std::nullopt)) {
      reader.error(skip->where, "'skip' belongs under 'overrides', below the layer's name");
    }
    settings.emplace(entry.key, std::move(one));
  }
  return settings;
}

/// `overrides`, by layer name.
SettingsByName read_overrides(Reader& reader, const YamlValue* value, const Tokens& tokens) {
  SettingsByName settings;
  if (!value || !check_mapping(reader, *value, "overrides")) return settings;
  std::vector<std::string_view> names;
  for (const Token& token : tokens.list) names.push_back(token.name);
  for (const Entry& entry : value->entries) {
    const auto token = std::find_if(tokens.list.begin(), tokens.list.end(),
                                    [&](const Token& one) { return one.name == entry.key; });
    if (token != tokens.list.end()) {
      settings.emplace(entry.key,
                       read_layer_settings(reader, entry.value, entry.key, token->letter));
    } else if (tokens.complete) {
      reader.error(entry.where, fmt::format("no layer {} in 'layers'; {}", quote(entry.key),
                                            suggest(entry.key, names, "known")));
    }
  }
  return settings;
}

}  // namespace

Form defaults_form() {
  Form form;
  for (const TokenKind& kind : kTokenKinds) {
    Form layer = layer_form(kind.letter());
    std::erase_if(layer.properties, [](const Property& one) { return one.name == "skip"; });
    form.properties.push_back(
        {std::string(kind.token), std::string(kind.text), false, std::move(layer)});
  }
  return form;
}

Form overrides_form() {
  Form form;
  for (const TokenKind& kind : kTokenKinds) {
    const std::string name = fmt::format("^{}{}$", kind.token, kind.numbered ? kNumberPattern : "");
    form.patterns.push_back({name, std::string(kind.text), false, layer_form(kind.letter())});
  }
  return form;
}

std::vector<LayerSpec> expand_layers(Reader& reader, const Tokens& tokens, const LayerSettings& top,
                                     const YamlValue* defaults, const YamlValue* overrides) {
  const SettingsByName by_kind = read_defaults(reader, defaults);
  const SettingsByName by_name = read_overrides(reader, overrides, tokens);
  const auto find = [](const SettingsByName& map, std::string_view key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
  };
  std::vector<LayerSpec> layers;
  for (const Token& token : tokens.list) {
    const TokenKind& kind = token_kind(token.letter);
    const Levels levels{&top, find(by_kind, kind.token), find(by_name, token.name)};
    LayerSpec layer;
    layer.name = token.name;
    layer.kind = kind.kind;
    layer.where = token.where;
    const auto channels = levels.pick(&LayerSettings::channels, 0);
    const bool own = token.channels > 0 && channels.level != Level::overrides;
    layer.out_channels = own ? token.channels : channels.value;
    if (kind.counted() && layer.out_channels == 0) {
      reader.error(token.where,
                   fmt::format("'{}' has no channel count; write '{}:24'", token.name, token.name));
    }
    set_init(token, levels, layer);
    set_window(reader, token, levels, layer);
    set_block(reader, token, levels, layer);
    set_skip(reader, tokens, levels, layers, layer);
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace castnet::codegen
