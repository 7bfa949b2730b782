// Normalisation over the channels of each pixel, with a scale and a shift per channel. This is the
// layer norm of ConvNeXt (Z. Liu et al., "A ConvNet for the 2020s", 2022), and PyTorch's layer_norm
// over the last axis of a channels-last image.
#include <fmt/format.h>

#include "ir/words.hpp"
#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

class ChannelNormType final : public LayerType {
 public:
  std::string_view name() const override { return "channel_norm"; }
  std::string_view shape_template() const override { return name(); }

  std::optional<std::string> futile(const Node& node, const Node*, int) const override {
    if (node.in.channels > 1) return {};
    return fmt::format(
        "channel norm: its input of {} has one channel, so subtracting the mean over the channels "
        "leaves only zeros; use batch norm or no norm there",
        to_text(node.in));
  }

  std::vector<Tensor> parameters(const Op& op, const Shape& in) const override {
    if (std::get<ChannelNorm>(op).norm.affine == Affine::none) return {};
    return {{.name = "norm.weight", .shape = {in.channels}, .centre = 1, .kind = TensorKind::norm},
            {.name = "norm.bias", .shape = {in.channels}, .kind = TensorKind::norm}};
  }

  /// Mean and 1 / std of each pixel.
  Saved saved(const Node& node, int batch) const override {
    return {2 * std::int64_t{node.in.height} * node.in.width * batch};
  }

  std::vector<BackwardStep> backward(const Node&) const override {
    return {{.reads = {Role::x, Role::saved}, .writes = {Role::dx}, .in_place = true}};
  }

  Values values(const Node& node) const override {
    const NormSpec& norm = std::get<ChannelNorm>(node.op).norm;
    Values values = shape_values(node);
    values["affine"] = norm.affine == Affine::none ? "false" : "true";
    values["epsilon"] = to_text(norm.epsilon);
    return values;
  }

  std::string describe(const Op& op) const override {
    const NormSpec& norm = std::get<ChannelNorm>(op).norm;
    std::string text = "channel norm";
    if (norm.affine != Affine::channel) text += fmt::format(" (affine {})", to_word(norm.affine));
    if (norm.epsilon != NormSpec{}.epsilon) text += fmt::format(" (eps {})", to_text(norm.epsilon));
    return text;
  }
};

}  // namespace

const LayerType& channel_norm_type() {
  static const ChannelNormType type;
  return type;
}

}  // namespace castnet::codegen
