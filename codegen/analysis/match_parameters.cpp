#include "analysis/match_parameters.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <vector>

#include "analysis/summary.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

constexpr int kMostChannels = 65536;
constexpr int kHalvings = 50;

bool has_width(const LayerSpec& layer) { return layer.out_channels > 0; }

/// Layers whose output channels are one number, a multiple of `step`.
struct Width {
  std::vector<std::size_t> layers;
  int step = 1;
  int value = 0;
  int original = 0;  ///< the spec's own value
};

/// Finds the widths that can be chosen freely. Every value's channels come from a source: a layer
/// with a width of its own, or the network's input. Sources are joined where skips require equal
/// widths.
class WidthFinder {
 public:
  explicit WidthFinder(const Spec& spec)
      : spec_(spec), owner_(spec.layers.size() + 1), step_(owner_.size(), 1) {
    std::iota(owner_.begin(), owner_.end(), 0U);
  }

  std::vector<Width> find() {
    std::size_t source = 0;  // of the channels so far: 0 for the input, else a layer's index + 1
    std::size_t last = 0;
    std::map<std::string, std::size_t> output_of;
    for (std::size_t i = 0; i < spec_.layers.size(); ++i) {
      const LayerSpec& layer = spec_.layers[i];
      const std::size_t in = source;
      if (has_width(layer)) source = last = i + 1;
      constrain(layer, in, source);
      if (layer.skip && !layer.skip->projection) join(output_of.at(layer.skip->from), source);
      output_of[layer.name] = source;
    }
    fix(0);
    fix(last);
    return free_widths();
  }

 private:
  std::size_t root(std::size_t source) const {
    while (owner_[source] != source) source = owner_[source];
    return source;
  }
  void join(std::size_t a, std::size_t b) { owner_[root(b)] = root(a); }
  void fix(std::size_t source) { fixed_.push_back(source); }
  void divide(std::size_t source, int groups) { step_[source] = std::lcm(step_[source], groups); }

  void constrain(const LayerSpec& layer, std::size_t in, std::size_t out) {
    if (layer.kind == LayerKind::depthwise && has_width(layer)) {
      fix(in);  // its output is a multiple of its input
      fix(out);
    }
    if (layer.kind == LayerKind::convolution) {
      divide(in, layer.groups);
      divide(out, layer.groups);
    }
    bool after_core = false;
    for (const BlockStep step : layer.block) {
      after_core = after_core || step == BlockStep::core;
      if (step == BlockStep::norm) divide(after_core ? out : in, groups_of(layer.norm));
    }
    if (layer.skip && layer.skip->projection) divide(out, groups_of(layer.skip->projection->norm));
  }

  static int groups_of(const NormSpec& norm) {
    return norm.kind == NormKind::group ? norm.groups : 1;
  }

  std::vector<Width> free_widths() const {
    std::map<std::size_t, Width> by_root;  // in the order of their first layers
    for (std::size_t source = 1; source < owner_.size(); ++source) {
      const LayerSpec& layer = spec_.layers[source - 1];
      if (!has_width(layer)) continue;
      Width& width = by_root[root(source)];
      width.layers.push_back(source - 1);
      width.step = std::lcm(width.step, step_[source]);
      width.value = width.original = layer.out_channels;
    }
    for (const std::size_t source : fixed_) by_root.erase(root(source));
    std::vector<Width> widths;
    for (auto& [first, width] : by_root) widths.push_back(std::move(width));
    return widths;
  }

  const Spec& spec_;
  std::vector<std::size_t> owner_;  ///< of each source, itself or another that it was joined to
  std::vector<int> step_;
  std::vector<std::size_t> fixed_;
};

/// A spec with other widths, and its number of parameters.
class Search {
 public:
  Search(const Spec& spec, const ParameterRange& range)
      : spec_(spec), range_(range), widths_(WidthFinder(spec).find()), parameters_(count()) {}

  ParameterMatch run() {
    if (!range_.holds(parameters_)) scale();
    while (!range_.holds(parameters_) && (step_one() || step_two())) {
    }
    return {spec_, parameters_, range_.holds(parameters_)};
  }

 private:
  using Values = std::vector<int>;

  /// The number of the spec's parameters. If a width is too small for the layers that depend on it,
  /// or so large that the spec does not compile, the number is beyond all others.
  std::int64_t count() const {
    std::vector<Diagnostic> errors;
    const Graph graph = infer_shapes(lower(spec_), errors);
    if (!errors.empty()) return narrower() ? 0 : std::numeric_limits<std::int64_t>::max();
    return total(summarise(graph)).parameters;
  }

  bool narrower() const {
    return std::ranges::any_of(widths_,
                               [](const Width& width) { return width.value < width.original; });
  }

  Values values() const {
    Values values;
    for (const Width& width : widths_) values.push_back(width.value);
    return values;
  }

  void set(const Values& values) {
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      widths_[i].value = values[i];
      for (const std::size_t layer : widths_[i].layers) {
        spec_.layers[layer].out_channels = values[i];
      }
    }
    parameters_ = count();
  }

  /// The widths times `factor`, rounded to their steps.
  Values scaled(const Values& original, double factor) const {
    Values values;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      const int step = widths_[i].step;
      const double steps = std::round(factor * original[i] / step);
      const double most = std::floor(static_cast<double>(kMostChannels) / step);
      values.push_back(step * static_cast<int>(std::clamp(steps, 1.0, std::max(1.0, most))));
    }
    return values;
  }

  /// Scales by the largest factor that does not exceed the wanted count. The count grows with the
  /// factor.
  void scale() {
    const Values original = values();
    double low = 1.0 / kMostChannels;
    double high = kMostChannels;
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = std::sqrt(low * high);
      set(scaled(original, middle));
      (parameters_ <= range_.wanted ? low : high) = middle;
    }
    set(scaled(original, low));
  }

  std::int64_t distance(std::int64_t parameters) const {
    return std::abs(parameters - range_.wanted);
  }

  bool can_step(const Values& values, std::size_t i, int direction) const {
    const int next = values[i] + direction * widths_[i].step;
    return next >= widths_[i].step && next <= kMostChannels;
  }

  /// Takes the nearest of `moves` if it is nearer than the present widths.
  bool take_best(const std::vector<Values>& moves) {
    const Values before = values();
    std::int64_t nearest = distance(parameters_);
    const Values* best = &before;
    for (const Values& move : moves) {
      set(move);
      if (distance(parameters_) >= nearest) continue;
      nearest = distance(parameters_);
      best = &move;
    }
    const bool found = best != &before;
    set(*best);
    return found;
  }

  bool step_one() {
    std::vector<Values> moves;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      for (const int direction : {-1, 1}) {
        Values move = values();
        if (!can_step(move, i, direction)) continue;
        move[i] += direction * widths_[i].step;
        moves.push_back(std::move(move));
      }
    }
    return take_best(moves);
  }

  bool step_two() {
    std::vector<Values> moves;
    for (std::size_t i = 0; i + 1 < widths_.size(); ++i) {
      for (const int direction : {-1, 1}) {
        Values move = values();
        if (!can_step(move, i, direction) || !can_step(move, i + 1, -direction)) continue;
        move[i] += direction * widths_[i].step;
        move[i + 1] -= direction * widths_[i + 1].step;
        moves.push_back(std::move(move));
      }
    }
    return take_best(moves);
  }

  Spec spec_;
  ParameterRange range_;
  std::vector<Width> widths_;
  std::int64_t parameters_;
};

}  // namespace

ParameterMatch match_parameters(const Spec& spec, const ParameterRange& range) {
  return Search(spec, range).run();
}

std::string layers_text(const Spec& spec) {
  std::string text;
  for (const LayerSpec& layer : spec.layers) {
    if (!text.empty()) text += ' ';
    text += layer.name;
    const bool token_has_width =
        layer.kind == LayerKind::convolution || layer.kind == LayerKind::linear;
    if (token_has_width) text += ':' + std::to_string(layer.out_channels);
  }
  return text;
}

}  // namespace castnet::codegen
