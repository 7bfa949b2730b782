// LayerSettings: what one level of a spec (the top, `defaults`, `overrides`) says about layers.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "spec/reader.hpp"

namespace castnet::codegen {

/// Pixels on each side; without a number `same`: the output is as large as the input.
struct Padding {
  std::optional<int> pixels;
};

/// `automatic`: a bias unless a norm stands in the block.
enum class Bias { off, on, automatic };
bool has_bias(Bias bias, bool normed);

/// A `block` line.
struct Block {
  std::vector<BlockStep> steps;
  char core = 'C';                           ///< C: conv, P: pool, F: linear
  std::optional<ActivationKind> activation;  ///< named by the block; none for the word `act`
  bool has(BlockStep step) const;
};

/// The block of words that are known to be right.
Block block_of(std::string_view words);

/// A layer's name where it is referred to; whether there is such a layer is checked later.
struct LayerName {
  std::string name;
  Location where;
};

/// `true` stands for a projection without settings, `false` for none.
struct Projection {
  std::optional<ProjectionSpec> spec;
};

struct SkipSettings {
  LayerName from;
  Maybe<SkipPlace> place;
  Projection projection;
};

/// The keys of a layer, each with its place where it was given.
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

/// Reads what `defaults` or `overrides` says for a kind of layer, by its letter
/// (ir/layer_kinds.hpp). A key that means nothing for the kind is an error.
LayerSettings read_layer_settings(Reader& reader, const YamlValue& value, std::string_view section,
                                  char kind);

/// What read_layer_settings() takes.
Form layer_form(char kind);

}  // namespace castnet::codegen
