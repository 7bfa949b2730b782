#include "train/grad_cam.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "run/weights.hpp"
#include "train/engine.hpp"

namespace castnet {
namespace {

/// Watches a program's feature map; makes heat maps of the batch's first images.
class MapWatch {
 public:
  explicit MapWatch(Program& program) : program_(program), shape_(program.info().map) {
    program_.set_map_hook([this](MapPart part, int slot, ImageSlot image) {
      const auto place = static_cast<std::size_t>(slot);
      if (place >= values_.size()) return;
      if (part == MapPart::values) {
        keep(image, values_[place]);
      } else {
        maps_[place] = heat_map(image, values_[place]);
      }
    });
  }
  ~MapWatch() { program_.set_map_hook({}); }
  MapWatch(const MapWatch&) = delete;
  MapWatch& operator=(const MapWatch&) = delete;

  /// The heat maps of the batch in the program, for one class for each of its first images.
  std::span<const HeatMap> run(std::span<const std::int32_t> classes) {
    values_.resize(classes.size());
    maps_.resize(classes.size());
    program_.forward(Mode::evaluate, Step{});
    ask_for(classes);
    program_.backward(Step{});
    return maps_;
  }

 private:
  std::size_t pixels() const { return static_cast<std::size_t>(shape_.height * shape_.width); }

  void keep(ImageSlot image, std::vector<double>& values) const {
    values.resize(static_cast<std::size_t>(shape_.channels) * pixels());
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<double>(image.first[static_cast<std::ptrdiff_t>(i) * image.stride]);
    }
  }

  /// The loss has the gradient (probabilities - targets) / batch, which becomes that of the
  /// classes' outputs: 1 for the class, 0 for the others, but for a factor that is the same for
  /// all.
  void ask_for(std::span<const std::int32_t> classes) {
    const std::span<Real> targets = program_.targets();
    const auto count = static_cast<std::size_t>(program_.info().classes);
    std::ranges::copy(program_.probabilities(), targets.begin());
    for (std::size_t slot = 0; slot < classes.size(); ++slot) {
      targets[slot * count + static_cast<std::size_t>(classes[slot])] -= Real(1);
    }
  }

  HeatMap heat_map(ImageSlot gradient, const std::vector<double>& values) const {
    HeatMap map{shape_.height, shape_.width, std::vector<double>(pixels(), 0.0)};
    for (std::size_t first = 0; first < values.size(); first += pixels()) {
      double weight = 0;
      for (std::size_t i = first; i < first + pixels(); ++i) {
        weight +=
            static_cast<double>(gradient.first[static_cast<std::ptrdiff_t>(i) * gradient.stride]);
      }
      weight /= static_cast<double>(pixels());
      for (std::size_t i = 0; i < pixels(); ++i) map.values[i] += weight * values[first + i];
    }
    for (double& value : map.values) value = std::max(value, 0.0);
    normalise(map);
    return map;
  }

  Program& program_;
  FeatureMap shape_;
  std::vector<std::vector<double>> values_;  ///< of each slot, in C, H, W order
  std::vector<HeatMap> maps_;
};

}  // namespace

std::optional<std::string> why_no_grad_cam(const ProgramInfo& info) {
  const FeatureMap& map = info.map;
  if (map.channels == 0) {
    return "the network has no feature map, because its first layer already leaves one pixel; put "
           "a convolution before it";
  }
  if (*map.obstacle != '\0') {
    return fmt::format(
        "between the last feature map, of {}, and the output comes {}, for which a trainer has the "
        "gradient of training only, and not that of evaluation; remove it there",
        map.layer, map.obstacle);
  }
  if (!on_host(info)) {
    return "a program of the cuda target does not provide its feature map; build the spec for the "
           "cpu target, whose trainer also reads this one's checkpoints";
  }
  return {};
}

std::vector<HeatMap> grad_cam(Program& program, const Augmenter& augmenter, const DataSet& set,
                              std::span<const std::size_t> images,
                              std::span<const std::int32_t> classes) {
  const DataSet chosen = selection(set, images);
  const auto batch = static_cast<std::size_t>(program.info().batch);
  const EvaluatedWeights evaluated(program);
  MapWatch watch(program);
  std::vector<HeatMap> all;
  for (std::size_t first = 0; first < chosen.size(); first += batch) {
    augmenter.fill_plain(program, chosen, first);
    const std::size_t count = std::min(batch, chosen.size() - first);
    const auto maps = watch.run(classes.subspan(first, count));
    all.insert(all.end(), maps.begin(), maps.end());
  }
  return all;
}

}  // namespace castnet
