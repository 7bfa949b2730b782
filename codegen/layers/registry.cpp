#include <fmt/format.h>

#include <array>
#include <cmath>
#include <stdexcept>

#include "ir/words.hpp"
#include "layers/layer_type.hpp"

namespace castnet::codegen {

// One function for each alternative of Op, defined in the file of that name.
const LayerType& conv_type();
const LayerType& norm_type();
const LayerType& channel_norm_type();
const LayerType& activation_type();
const LayerType& prelu_type();
const LayerType& dropout_type();
const LayerType& pool_type();
const LayerType& global_pool_type();
const LayerType& linear_type();
const LayerType& add_type();
const LayerType& scale_type();
const LayerType& loss_type();

namespace {

using Types = std::array<const LayerType*, std::variant_size_v<Op>>;

/// The rows are in the order of Op's alternatives.
const Types& types() {
  static const Types kTypes{&conv_type(),       &norm_type(),        &channel_norm_type(),
                            &activation_type(), &prelu_type(),       &dropout_type(),
                            &pool_type(),       &global_pool_type(), &linear_type(),
                            &add_type(),        &scale_type(),       &loss_type()};
  return kTypes;
}

}  // namespace

const LayerType& layer_type(const Op& op) { return *types().at(op.index()); }

Op core_of(const LayerSpec& layer, int channels) {
  for (const LayerType* type : types()) {
    if (const auto op = type->core(layer, channels)) return *op;
  }
  throw std::logic_error("no operation is the core of " + layer.name);
}

InitialBounds initial_bounds(Init init, int fan_in, int fan_out) {
  const double standard = 1 / std::sqrt(fan_in);
  const double fans = static_cast<double>(fan_in) + fan_out;
  return {init == Init::xavier ? std::sqrt(6 / fans) : standard, standard};
}

std::string init_note(Init init) {
  return init == Init::kaiming ? "" : fmt::format(" ({})", to_word(init));
}

std::string setting(bool has_effect, std::string_view name, std::string_view value) {
  return has_effect ? fmt::format(", .{} = {}", name, value) : std::string();
}

Values shape_values(const Node& node) {
  return {{"node", node.name},
          {"c", fmt::to_string(node.in.channels)},
          {"h", fmt::to_string(node.in.height)},
          {"w", fmt::to_string(node.in.width)}};
}

std::string to_text(const Shape& shape) {
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

std::string to_text(const FieldSize& field) {
  return fmt::format("{}x{}", field.height, field.width);
}

std::string to_text(double value) {
  // fmt prints the shortest text that reads back equal. It prints ".0" only on request, so 1 stays
  // 1.
  return fmt::format("{}", value).find_first_of(".en") == std::string::npos
             ? fmt::format("{}.0", value)
             : fmt::format("{}", value);
}

}  // namespace castnet::codegen
