// Max and average pooling over square windows.
#include <fmt/format.h>

#include "ir/words.hpp"
#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

class PoolType final : public LayerType {
 public:
  std::string_view name() const override { return "pool"; }
  std::string_view shape_template() const override { return name(); }

  std::optional<Op> core(const LayerSpec& layer, int) const override {
    if (layer.kind != LayerKind::pool) return {};
    return Pool{layer.pool, layer.kernel, layer.stride, layer.padding};
  }

  std::optional<std::string> problem(const Op& op, const std::vector<Shape>& in) const override {
    const auto& pool = std::get<Pool>(op);
    const Shape& x = in.front();
    if (pool.kernel > x.height + 2 * pool.padding || pool.kernel > x.width + 2 * pool.padding) {
      return fmt::format("a {0}x{0} pooling window is larger than its input of {1}x{2}",
                         pool.kernel, x.height, x.width);
    }
    if (2 * pool.padding > pool.kernel) {
      return fmt::format("a pool's padding of {} is more than half its kernel of {}", pool.padding,
                         pool.kernel);
    }
    return {};
  }

  Shape shape(const Op& op, const Shape& in) const override {
    const auto& pool = std::get<Pool>(op);
    return {in.channels, (in.height + 2 * pool.padding - pool.kernel) / pool.stride + 1,
            (in.width + 2 * pool.padding - pool.kernel) / pool.stride + 1};
  }

  Windows windows(const Op& op, const Shape&) const override {
    const auto& pool = std::get<Pool>(op);
    const Window window{pool.kernel, pool.stride, pool.padding};
    return {window, window};
  }

  std::vector<BackwardStep> backward(const Node&) const override {
    return {{.reads = {Role::x}, .writes = {Role::dx}}};
  }

  Values values(const Node& node) const override {
    const auto& pool = std::get<Pool>(node.op);
    Values values = shape_values(node);
    values["kernel"] = fmt::to_string(pool.kernel);
    values["stride"] = fmt::to_string(pool.stride);
    values["settings"] = setting(pool.padding != 0, "padding", fmt::to_string(pool.padding)) +
                         setting(pool.kind == PoolKind::average, "average", "true");
    return values;
  }

  std::string describe(const Op& op) const override {
    const auto& pool = std::get<Pool>(op);
    std::string text = fmt::format("{0}x{0} {1} pool", pool.kernel, to_word(pool.kind));
    if (pool.stride != pool.kernel) text += fmt::format(" /{}", pool.stride);
    if (pool.padding != 0) text += fmt::format(" padded {}", pool.padding);
    return text;
  }
};

}  // namespace

const LayerType& pool_type() {
  static const PoolType type;
  return type;
}

}  // namespace castnet::codegen
