// Normalisation. Which axes the statistics run over and which shape the affine has, by kind:
//   batch     over images and pixels, of each channel        affine [C]
//   group     over pixels and the channels of one group      affine [C]
//   layer     over channels and pixels (one group)           affine [C] or [C, H, W]
//   instance  over pixels, of each channel (C groups)        affine [C]
#include "layers/norm.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ir/words.hpp"
#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

/// The number of values in a mean and a variance.
std::int64_t values_averaged(const NormSpec& norm, const Shape& in, int batch) {
  const std::int64_t pixels = std::int64_t{in.height} * in.width;
  return norm.kind == NormKind::batch ? pixels * batch
                                      : pixels * (in.channels / norm_groups(norm, in));
}

/// Advice for statistics over one value.
std::string way_out(const NormSpec& norm, const Shape& in) {
  if (norm.kind == NormKind::batch) return "train with a larger batch, or use 'norm: none'";
  if (norm.kind == NormKind::group && in.channels > 1) {
    return fmt::format("use fewer than {} groups, batch norm, or no norm", in.channels);
  }
  return in.channels > 1 ? "use batch, layer, group or no norm there"
                         : "use batch norm or no norm there";
}

class NormType final : public LayerType {
 public:
  std::string_view name() const override { return "norm"; }
  std::string_view shape_template() const override { return name(); }

  std::optional<std::string> problem(const Op& op, const std::vector<Shape>& in) const override {
    const NormSpec& norm = std::get<Norm>(op).norm;
    if (norm.kind == NormKind::group && in.front().channels % norm.groups != 0) {
      return fmt::format("group norm: {} groups do not divide {} channels", norm.groups,
                         in.front().channels);
    }
    return {};
  }

  std::optional<std::string> futile(const Node& node, const Node*, int batch) const override {
    const NormSpec& norm = std::get<Norm>(node.op).norm;
    if (values_averaged(norm, node.in, batch) > 1) return {};
    return fmt::format(
        "{}: of its input of {} each mean is that of a single value, so subtracting it leaves only "
        "zeros; {}",
        describe(Norm{norm}), to_text(node.in), way_out(norm, node.in));
  }

  std::vector<Tensor> parameters(const Op& op, const Shape& in) const override {
    const NormSpec& norm = std::get<Norm>(op).norm;
    if (norm.affine == Affine::none) return {};
    const std::vector<int> shape = norm.affine == Affine::element
                                       ? std::vector<int>{in.channels, in.height, in.width}
                                       : std::vector<int>{in.channels};
    return {{.name = "norm.weight", .shape = shape, .centre = 1, .kind = TensorKind::norm},
            {.name = "norm.bias", .shape = shape, .kind = TensorKind::norm}};
  }

  std::vector<Tensor> statistics(const Op& op, const Shape& in) const override {
    if (std::get<Norm>(op).norm.kind != NormKind::batch) return {};
    return {{"norm.running_mean", {in.channels}, 0, 0}, {"norm.running_var", {in.channels}, 1, 0}};
  }

  Saved saved(const Node& node, int batch) const override {
    const NormSpec& norm = std::get<Norm>(node.op).norm;
    const int statistics =
        norm.kind == NormKind::batch ? node.in.channels : batch * norm_groups(norm, node.in);
    // Mean and 1 / std.
    return {2 * std::int64_t{statistics}, Number::real, norm.kind == NormKind::batch};
  }

  bool evaluation_backward(const Op& op) const override {
    return std::get<Norm>(op).norm.kind != NormKind::batch;
  }

  std::vector<BackwardStep> backward(const Node&) const override {
    return {{.reads = {Role::x, Role::saved}, .writes = {Role::dx}, .in_place = true}};
  }

  Values values(const Node& node) const override {
    const auto& [norm, activation] = std::get<Norm>(node.op);
    Values values = shape_values(node);
    const bool over_batch = norm.kind == NormKind::batch;
    values["statistics"] = over_batch ? "batch" : "group";
    values["groups"] = setting(!over_batch, "groups", fmt::to_string(norm_groups(norm, node.in)));
    values["affine"] = to_word(norm.affine);
    values["epsilon"] = to_text(norm.epsilon);
    values["momentum"] = setting(over_batch, "momentum", to_text(norm.momentum));
    values["act"] = setting(activation.kind != ActivationKind::none, "act",
                            fmt::format("Act::{}", to_word(activation.kind)));
    values["slope"] = slope_setting(activation);
    return values;
  }

  std::string describe(const Op& op) const override {
    const auto& [norm, activation] = std::get<Norm>(op);
    std::string text = fmt::format("{} norm", to_word(norm.kind));
    if (norm.kind == NormKind::group) text += fmt::format(" ({} groups)", norm.groups);
    if (norm.affine != Affine::channel) text += fmt::format(" (affine {})", to_word(norm.affine));
    if (norm.epsilon != NormSpec{}.epsilon) text += fmt::format(" (eps {})", to_text(norm.epsilon));
    if (norm.momentum != NormSpec{}.momentum) {
      text += fmt::format(" (momentum {})", to_text(norm.momentum));
    }
    if (activation.kind != ActivationKind::none) text += ", " + codegen::describe(activation);
    return text;
  }
};

}  // namespace

int norm_groups(const NormSpec& norm, const Shape& shape) {
  if (norm.kind == NormKind::group) return norm.groups;
  return norm.kind == NormKind::instance ? shape.channels : 1;
}

bool fixes_channel_means(const Node& node) {
  const auto& [norm, activation] = std::get<Norm>(node.op);
  return norm.kind != NormKind::batch && norm_groups(norm, node.in) == node.in.channels &&
         norm.affine != Affine::element && activation.kind == ActivationKind::none;
}

const LayerType& norm_type() {
  static const NormType type;
  return type;
}

}  // namespace castnet::codegen
