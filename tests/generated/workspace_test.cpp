// What the generator reports as a kernel's workspace is what the kernel asks for on some machine.
#include <array>
#include <utility>

#include "../catch.hpp"
#include "kernels/cpu/conv.hpp"
#include "kernels/cpu/conv_norm_conv_pool.hpp"
#include "targets/cpu/blocks.hpp"

namespace castnet::test {
namespace {

using codegen::Action;

// Batch, in channels, height, width, out channels, kernel, stride, padding, dilation, groups.
constexpr std::array kShapes{
    ConvShape{16, 1, 28, 28, 4, 3, 1, 1},
    ConvShape{16, 3, 224, 224, 64, 7, 2, 3},
    ConvShape{16, 3, 1, 1, 5, 1},
    ConvShape{16, 512, 1, 1, 10, 1},
    ConvShape{16, 16, 112, 112, 512, 7, 1, 3},
    ConvShape{16, 512, 14, 14, 512, 3, 1, 1},
    ConvShape{16, 512, 14, 14, 512, 3, 1, 1, 1, 512},
    ConvShape{16, 12, 9, 40, 6, 3, 1, 2, 2, 3},
    ConvShape{16, 8, 8, 8, 8, 3, 1, 1},
    ConvShape{16, 8, 4, 4, 8, 3, 1, 1},
    ConvShape{16, 9, 7, 8, 10, 3, 1, 1},
    ConvShape{16, 13, 16, 16, 11, 3, 1, 1},
    ConvShape{16, 16, 32, 32, 32, 3, 1, 1},
    ConvShape{16, 20, 8, 8, 31, 3, 1, 1},
    ConvShape{16, 32, 16, 16, 32, 3, 1, 1},
    ConvShape{16, 64, 224, 224, 64, 3, 1, 0},
    ConvShape{16, 128, 8, 8, 64, 3, 1, 1},
    ConvShape{16, 64, 8, 8, 65, 3, 1, 1},
};

// Of these the 1x1 convolution and the max pooling behind it: in channels, side, out channels,
// window.
struct Pooled {
  int in, side, out, window;
};
constexpr std::array kPooled{Pooled{1, 8, 1, 2},     Pooled{32, 32, 16, 2}, Pooled{512, 112, 4, 2},
                             Pooled{4, 112, 512, 2}, Pooled{64, 6, 32, 3},  Pooled{8, 224, 8, 4},
                             Pooled{64, 64, 32, 16}};

/// A convolution as the generator has it.
codegen::Node node_of(const ConvShape& s) {
  codegen::Node node;
  node.op = codegen::Conv{.out_channels = s.out_channels,
                          .kernel = s.kernel,
                          .stride = s.stride,
                          .padding = s.padding,
                          .dilation = s.dilation,
                          .groups = s.groups};
  node.in = {s.in_channels, s.in_height, s.in_width};
  node.out = {s.out_channels, s.out_height(), s.out_width()};
  return node;
}

void fuse(codegen::Node& node, codegen::Op op, codegen::Shape out) {
  codegen::Node part;
  part.op = std::move(op);
  part.in = codegen::last_fused(node).out;
  part.out = out;
  node.fused.push_back(std::move(part));
}

/// Machines differ in registers: by half for Winograd's strips, by a third for sums.
void check(const codegen::Node& node, Action action, std::size_t needed) {
  const auto reported = static_cast<std::size_t>(codegen::cpu::workspace(node, action));
  INFO(action.name << " of " << node.in.channels << "x" << node.in.height << "x" << node.in.width
                   << " to " << node.out.channels);
  CHECK(needed <= reported);
  CHECK(reported <= 2 * needed + 64);
}

template <ConvShape S>
void check() {
  const codegen::Node node = node_of(S);
  check(node, Action::forward, cpu::conv_forward_workspace<S, float>());
  check(node, codegen::cpu::action::forward_measured,
        cpu::conv_forward_measured_workspace<S, float>());
  check(node, Action::backward_data, cpu::conv_backward_data_workspace<S, float>());
  check(node, Action::backward_weight, cpu::conv_backward_weight_workspace<S, float>());
  // Gradients are checked in double, in as many elements.
  const auto fits = [&](Action action, std::size_t needed) {
    CHECK(needed <= static_cast<std::size_t>(codegen::cpu::workspace(node, action)));
  };
  fits(Action::forward, cpu::conv_forward_workspace<S, double>());
  fits(codegen::cpu::action::forward_measured, cpu::conv_forward_measured_workspace<S, double>());
  fits(Action::backward_data, cpu::conv_backward_data_workspace<S, double>());
  fits(Action::backward_weight, cpu::conv_backward_weight_workspace<S, double>());
}

template <Pooled P>
void check_pooled() {
  constexpr ConvShape kConv{16, P.in, P.side, P.side, P.out, 1};
  constexpr PoolShape kPool{16, P.out, P.side, P.side, P.window, P.window};
  codegen::Node node = node_of(kConv);
  fuse(node, codegen::Pool{.kernel = P.window, .stride = P.window},
       {P.out, kPool.out_height(), kPool.out_width()});
  check(node, Action::forward, cpu::conv_pool_forward_workspace<kConv, kPool, float>());
  check(node, Action::backward_data, cpu::conv_pool_backward_data_workspace<kConv, kPool, float>());
  check(node, Action::backward_weight,
        cpu::conv_pool_backward_weight_workspace<kConv, kPool, float>());
}

TEST_CASE("the workspace that castnet reports is what a convolution needs") {
  []<std::size_t... I>(std::index_sequence<I...>) { (check<kShapes[I]>(), ...); }
  (std::make_index_sequence<kShapes.size()>{});
  []<std::size_t... I>(std::index_sequence<I...>) { (check_pooled<kPooled[I]>(), ...); }
  (std::make_index_sequence<kPooled.size()>{});
}

TEST_CASE("the workspace that castnet reports is what fused operations of evaluation need") {
  constexpr ConvShape kConv{16, 32, 32, 32, 64, 3, 1, 1}, kPlain{16, 64, 32, 32, 8, 1};
  constexpr PoolShape kPool{16, 8, 32, 32, 2, 2};
  codegen::Node node = node_of(kConv);
  fuse(node, codegen::Norm{}, node.out);
  check(node, codegen::cpu::action::pack, cpu::conv_norm_pack_workspace<kConv>());
  check(node, Action::forward, cpu::conv_forward_workspace<kConv, float>());
  fuse(node, codegen::Conv{.out_channels = 8}, {8, 32, 32});
  fuse(node, codegen::Pool{}, {8, 16, 16});
  check(node, Action::forward,
        cpu::conv_norm_conv_pool_forward_workspace<kConv, kPlain, kPool, float>());
}

}  // namespace
}  // namespace castnet::test
