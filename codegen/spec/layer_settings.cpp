#include "spec/layer_settings.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>

#include "ir/layer_fields.hpp"
#include "spec/hints.hpp"
#include "spec/names.hpp"
#include "spec/record.hpp"

namespace castnet::codegen {
namespace {

constexpr Words kLinearInits = Words(kWords<Init>).first(2);

/// The activations that a block can name.
constexpr Words kActivations = Words(kWords<ActivationKind>).subspan(1);

const std::vector<std::string_view>& block_words() {
  static const std::vector<std::string_view> kBlockWords = [] {
    std::vector<std::string_view> words = {"conv", "pool",    "linear", "norm",
                                           "act",  "squeeze", "dropout"};
    words.insert(words.end() - 2, kActivations.begin(), kActivations.end());
    return words;
  }();
  return kBlockWords;
}

/// The settings of a projection, before `auto` is decided.
struct ProjectionSettings {
  int stride = 1;
  Bias bias = Bias::automatic;
  NormSpec norm;
};

const std::vector<Key<ProjectionSettings>>& projection_keys() {
  using P = ProjectionSettings;
  static const std::vector<Key<P>> kKeys = {
      make_key<P, &P::stride>("stride", "stride of the 1x1 convolution", from_to(1, 64)),
      make_key<P, &P::bias>("bias", "whether the 1x1 convolution adds a bias"),
      make_key<P, &P::norm>("norm", "the normalisation after the 1x1 convolution")};
  return kKeys;
}

const std::vector<Key<SkipSettings>>& skip_keys() {
  using S = SkipSettings;
  static const std::vector<Key<S>> kKeys = {
      make_key<S, &S::from>("from", "the earlier layer").needed("C1"),
      make_key<S, &S::place>("sum", "place of the sum"),
      make_key<S, &S::projection>("projection", "a 1x1 convolution on the earlier output")};
  return kKeys;
}

/// Adds a word of a block line to `block`. Returns false if the word is unknown.
bool add_word(Block& block, const std::string& word) {
  if (word == "conv" || word == "pool" || word == "linear") {
    block.core = word == "conv" ? 'C' : word == "pool" ? 'P' : 'F';
    block.steps.push_back(BlockStep::core);
  } else if (word == "norm") {
    block.steps.push_back(BlockStep::norm);
  } else if (word == "squeeze") {
    block.steps.push_back(BlockStep::squeeze);
  } else if (word == "dropout") {
    block.steps.push_back(BlockStep::dropout);
  } else if (word == "act") {
    block.steps.push_back(BlockStep::activation);
  } else if (const auto kind = from_word<ActivationKind>(word);
             kind && kind != ActivationKind::none) {
    block.steps.push_back(BlockStep::activation);
    block.activation = kind;
  } else {
    return false;
  }
  return true;
}

/// The core of the blocks of a kind of layer, as in Block.
char core_of(char kind) { return block_of(token_kind(kind).block).core; }

/// Whether a block with this core may have such a step.
bool step_fits(BlockStep step, char core) {
  if (step == BlockStep::norm || step == BlockStep::squeeze) return core == 'C';
  return step != BlockStep::activation || core != 'P';
}

/// Whether the block's steps fit a kind of layer; reports an error if not.
bool block_fits(Reader& reader, const Given<Block>& block, char kind) {
  const char core = core_of(kind);
  const bool fits = std::all_of(block.value.steps.begin(), block.value.steps.end(),
                                [&](BlockStep step) { return step_fits(step, core); });
  if (fits && block.value.core == core) return true;
  constexpr std::string_view kConv = "conv, norm, an activation, squeeze and dropout";
  constexpr std::string_view kLinear = "linear, an activation and dropout";
  reader.error(block.where, fmt::format("the block of {} is made of {}", token_kind(kind).text,
                                        core == 'P'   ? "pool and dropout"
                                        : core == 'F' ? kLinear
                                                      : kConv));
  return false;
}

/// The form that block_fits() accepts: one core among other words.
Form block_form(char kind) {
  const char core = core_of(kind);
  std::string core_word;
  std::string others;
  for (const std::string_view word : block_words()) {
    Block one;
    add_word(one, std::string(word));
    const BlockStep step = one.steps.front();
    if (step != BlockStep::core && step_fits(step, core)) others.append("|").append(word);
    if (step == BlockStep::core && one.core == core) core_word = word;
  }
  others.erase(0, 1);
  return text_form(fmt::format("^\\s*(({0})\\s+)*{1}(\\s+({0}))*\\s*$", others, core_word));
}

}  // namespace

bool has_bias(Bias bias, bool normed) {
  return bias == Bias::automatic ? !normed : bias == Bias::on;
}

bool Block::has(BlockStep step) const {
  return std::find(steps.begin(), steps.end(), step) != steps.end();
}

Block block_of(std::string_view words) {
  Block block;
  std::istringstream stream{std::string(words)};
  for (std::string word; stream >> word;) add_word(block, word);
  return block;
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, Padding& out) {
  if (value.kind == YamlKind::scalar && value.text == "same") {
    out.pixels.reset();
    return;
  }
  int pixels = -1;
  if (read_or(reader, value, facts, pixels, "'same'")) out.pixels = pixels;
}

Form form_of(Type<Padding>, const KeyFacts& facts) {
  static constexpr std::string_view kWords[] = {"same"};
  return either({form_of(Type<int>{}, facts), word_form(kWords)});
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, Bias& out) {
  bool on = false;
  if (value.kind == YamlKind::scalar && value.text == "auto") {
    out = Bias::automatic;
  } else if (read_or(reader, value, facts, on, "'auto'")) {
    out = on ? Bias::on : Bias::off;
  }
}

Form form_of(Type<Bias>, const KeyFacts&) {
  static constexpr std::string_view kWords[] = {"auto"};
  return either({form_of_kind(FormKind::boolean), word_form(kWords)});
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts&, Block& out) {
  if (value.kind != YamlKind::scalar) {
    reader.error(value.where, "'block' must be words, as in 'conv norm relu dropout'");
    return;
  }
  Block block;
  std::istringstream words(value.text);
  for (std::string word; words >> word;) {
    const auto end = words.tellg();
    const std::size_t past = end < 0 ? value.text.size() : static_cast<std::size_t>(end);
    const Location where = reader.inside(value, past - word.size());
    Block one;
    if (!add_word(one, word)) {
      reader.error(where, fmt::format("unknown word {} in 'block'; {}", quote(word),
                                      word_hint(word, block_words(), "known words")));
    } else if (block.has(one.steps.front())) {
      reader.error(where, fmt::format("{} is a second step of its kind in 'block'", quote(word)));
    } else {
      add_word(block, word);
    }
  }
  if (!block.has(BlockStep::core)) {
    reader.error(value.where, "'block' needs one of conv, pool and linear");
  }
  out = block;
}

/// The rule at the top level, where a block applies to C and D.
Form form_of(Type<Block>, const KeyFacts&) { return block_form('C'); }

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, LayerName& out) {
  if (value.kind == YamlKind::scalar) {
    out = {value.text, value.where};
  } else {
    report_type(reader, value, facts, "a layer's name");
  }
}

Form form_of(Type<LayerName>, const KeyFacts&) { return text_form(); }

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, Projection& out) {
  if (value.kind == YamlKind::scalar) {
    bool wanted = false;
    read_or(reader, value, facts, wanted, "a mapping");
    if (wanted) out.spec = ProjectionSpec{};
  } else {
    ProjectionSettings given;
    read_mapping(reader, value, facts.name, projection_keys(), given);
    out.spec = {given.stride, has_bias(given.bias, given.norm.kind != NormKind::none), given.norm};
  }
}

Form form_of(Type<Projection>, const KeyFacts&) {
  return either({form_of_kind(FormKind::boolean), mapping_form(projection_keys())});
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, SkipSettings& out) {
  SkipSettings skip;
  read_short(reader, value, facts, skip_keys(), skip);
  out = skip;
}

Form form_of(Type<SkipSettings>, const KeyFacts&) { return short_form(skip_keys()); }

const std::vector<Key<LayerSettings>>& layer_keys() {
  using L = LayerSettings;
  constexpr Range kSize = from_to(1, 64);
  static const std::vector<Key<L>> kKeys = {
      make_key<L, &L::channels>("channels", "output channels", from_to(1, 65536)),
      make_key<L, &L::kernel>("kernel", "side of the window", kSize),
      make_key<L, &L::stride>("stride", "stride of the window", kSize),
      make_key<L, &L::padding>("padding", "pixels on each side", from_to(0, 64)),
      make_key<L, &L::dilation>("dilation", "distance between the taps", kSize),
      make_key<L, &L::groups>("groups", "groups of channels", from_to(1, 65536)),
      make_key<L, &L::bias>("bias", "whether a bias is added"),
      make_key<L, &L::init>("init", "how weights start"),
      make_key<L, &L::norm>("norm", "the block's normalisation"),
      make_key<L, &L::activation>("activation", "the block's activation"),
      make_key<L, &L::squeeze>(
          "squeeze", "squeeze and excitation: ratio of the channels to those of its middle layer",
          from_to(1, 65536)),
      make_key<L, &L::dropout>("dropout", "the block's dropout"),
      make_key<L, &L::block>("block", "steps of the layer, in order"),
      make_key<L, &L::pool>("pool", "pooling: maximum or mean of the window"),
      make_key<L, &L::skip>("skip", "earlier layer whose output is added"),
  };
  return kKeys;
}

LayerSettings read_layer_settings(Reader& reader, const YamlValue& value, std::string_view section,
                                  char kind) {
  LayerSettings settings;
  read_mapping(reader, value, section, layer_keys(), settings, kind);
  if (kind == 'F' && settings.init && settings.init->value == Init::dirac) {
    reader.error(settings.init->where,
                 "'dirac' needs a convolution; a fully connected layer "
                 "starts as 'kaiming' or 'xavier'");
  }
  if (settings.block && !block_fits(reader, *settings.block, kind)) settings.block.reset();
  return settings;
}

Form layer_form(char kind) {
  Form form = mapping_form(layer_keys(), kind);
  for (Property& one : form.properties) {
    if (one.name == "block") one.form = block_form(kind);
    if (one.name == "init" && kind == 'F')
      one.form.words.assign(kLinearInits.begin(), kLinearInits.end());
  }
  return form;
}

}  // namespace castnet::codegen
