#include "layers/shapes.hpp"

#include "layers/norm.hpp"

namespace castnet::codegen {

ConvShape conv_shape(const Conv& conv, const Shape& in, int batch) {
  return {.batch = batch,
          .in_channels = in.channels,
          .in_height = in.height,
          .in_width = in.width,
          .out_channels = conv.out_channels,
          .kernel = conv.kernel,
          .stride = conv.stride,
          .padding = conv.padding,
          .dilation = conv.dilation,
          .groups = conv.groups,
          .bias = conv.bias};
}

ConvShape conv_shape(const Node& node, int batch) {
  return conv_shape(std::get<Conv>(node.op), node.in, batch);
}

PoolShape pool_shape(const Pool& pool, const Shape& in, int batch) {
  return {.batch = batch,
          .channels = in.channels,
          .in_height = in.height,
          .in_width = in.width,
          .kernel = pool.kernel,
          .stride = pool.stride,
          .padding = pool.padding,
          .average = pool.kind == PoolKind::average};
}

NormShape norm_shape(const Node& node, int batch) {
  const NormSpec& norm = std::get<Norm>(node.op).norm;
  const bool over_batch = norm.kind == NormKind::batch;
  return {.batch = batch,
          .channels = node.in.channels,
          .height = node.in.height,
          .width = node.in.width,
          .statistics = over_batch ? NormStatistics::batch : NormStatistics::group,
          .groups = norm_groups(norm, node.in),
          .affine = norm.affine == Affine::none      ? NormAffine::none
                    : norm.affine == Affine::channel ? NormAffine::channel
                                                     : NormAffine::element};
}

ChannelNormShape channel_norm_shape(const Node& node, int batch) {
  return {.batch = batch,
          .channels = node.in.channels,
          .height = node.in.height,
          .width = node.in.width,
          .affine = !node.parameters.empty()};
}

PReluShape prelu_shape(const Node& node, int batch) {
  return {.batch = batch,
          .channels = node.in.channels,
          .height = node.in.height,
          .width = node.in.width,
          .slopes = std::get<Prelu>(node.op).shared ? 1 : node.in.channels};
}

LinearShape linear_shape(const Node& node, int batch) {
  const auto& linear = std::get<Linear>(node.op);
  return {.batch = batch,
          .in_features = static_cast<int>(node.in.elements()),
          .out_features = linear.out_features,
          .bias = linear.bias};
}

}  // namespace castnet::codegen
