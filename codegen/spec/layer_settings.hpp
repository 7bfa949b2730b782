// LayerSettings: the settings of layers at one level of a spec (the top, `defaults`, `overrides`).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "spec/reader.hpp"

namespace castnet::codegen {

/// The pixels on each side. Without a number it is `same`: the output is as large as the input.
struct Padding {
  std::optional<int> pixels;
};

/// `automatic` means a bias unless the block has a norm.
enum class Bias { off, on, automatic };
bool has_bias(Bias bias, bool normed);

/// A `block` line.
struct Block {
  std::vector<BlockStep> steps;
  char core = 'C';                           ///< C: conv, P: pool, F: linear
  std::optional<ActivationKind> activation;  ///< named by the block; none for `act`
  bool has(BlockStep step) const;
};

/// The block from words that are known to be right.
Block block_of(std::string_view words);

/// A reference to a layer by its name. Whether that layer exists is checked later.
struct LayerName {
  std::string name;
  Location where;
};

/// `true` means a projection without settings, and `false` means none.
struct Projection {
  std::optional<ProjectionSpec> spec;
};

struct SkipSettings {
  LayerName from;
  Maybe<SkipPlace> place;
  Projection projection;
};

/// The keys of a layer. Each has its place if it was given.
struct LayerSettings {
  Maybe<int> channels, kernel, stride, dilation, groups, squeeze;
  Maybe<Padding> padding;
  Maybe<Bias> bias;
  Maybe<Init> init;
  Maybe<NormSpec> norm;
  Maybe<ActivationSpec> activation;
  Maybe<DropoutSpec> dropout;
  Maybe<Block> block;
  Maybe<PoolKind> pool;
  Maybe<SkipSettings> skip;
};

void read_value(Reader&, const YamlValue&, const KeyFacts&, Padding& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, Bias& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, LayerName& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, Block& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, Projection& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, SkipSettings& out);
Form form_of(Type<Padding>, const KeyFacts& facts);
Form form_of(Type<Bias>, const KeyFacts& facts);
Form form_of(Type<LayerName>, const KeyFacts& facts);
Form form_of(Type<Block>, const KeyFacts& facts);
Form form_of(Type<Projection>, const KeyFacts& facts);
Form form_of(Type<SkipSettings>, const KeyFacts& facts);

/// The table of a layer's keys, with the kinds of layers that each applies to.
const std::vector<Key<LayerSettings>>& layer_keys();

/// Reads the settings of `defaults` or `overrides` for a kind of layer, by its letter
/// (ir/layer_kinds.hpp). A key that the kind does not have is an error.
LayerSettings read_layer_settings(Reader& reader, const YamlValue& value, std::string_view section,
                                  char kind);

/// The form that read_layer_settings() accepts.
Form layer_form(char kind);

}  // namespace castnet::codegen
