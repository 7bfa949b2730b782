// Groups of parameters that are updated alike: their places, penalties and rates, by hand.
#include <fmt/format.h>

#include <string>

#include "analysis/parameter_groups.hpp"
#include "support.hpp"

namespace castnet::codegen {
namespace {

/// "first..last offset+elements decay l1 rate rows", a line a group, of a network with a
/// convolution [4, 3, 3, 3], its batch norm, and a linear map [10, 4096] with a bias.
std::string groups_of(const std::string& optimizer, const std::string& more = "") {
  const Spec spec = spec_of("name: n\ndata: cifar10\nnorm: batch\nlayers: C1:4 F2:10\n" + more +
                            "train: {optimizer: " + optimizer + "}\n");
  std::string text;
  for (const ParameterGroup& group :
       parameter_groups(spec.train.optimizer, compile(spec).plan.graph)) {
    text += fmt::format("{}..{} {}+{} decay {} l1 {} rate {} rows {}\n", group.first, group.last,
                        group.offset, group.elements, group.weight_decay, group.l1, group.rate,
                        group.matrix_rows);
  }
  return text;
}

TEST_CASE("neighbours of the same penalties and rates are one group") {
  CHECK(groups_of("{sgd: {weight_decay: 0.5, l1: 0.25}}") ==
        "C1.conv.weight..F2.linear.bias 0+41086 decay 0.5 l1 0.25 rate 1 rows 0\n");
}

TEST_CASE("what differs in one factor alone is a group of its own") {
  CHECK(groups_of("{sgd: {l1: {factor: 0.25, on: F2}}}") ==
        "C1.conv.weight..C1.norm.bias 0+116 decay 0 l1 0 rate 1 rows 0\n"
        "F2.linear.weight..F2.linear.bias 116+40970 decay 0 l1 0.25 rate 1 rows 0\n");
  CHECK(groups_of("{sgd: {weight_decay: {factor: 0.5, on: C1}}}") ==
        "C1.conv.weight..C1.norm.bias 0+116 decay 0.5 l1 0 rate 1 rows 0\n"
        "F2.linear.weight..F2.linear.bias 116+40970 decay 0 l1 0 rate 1 rows 0\n");
  CHECK(groups_of("{sgd: {rates: {F2: 3}}}") ==
        "C1.conv.weight..C1.norm.bias 0+116 decay 0 l1 0 rate 1 rows 0\n"
        "F2.linear.weight..F2.linear.bias 116+40970 decay 0 l1 0 rate 3 rows 0\n");
}

TEST_CASE("penalties and rates hold for what they name, and rates multiply") {
  CHECK(groups_of("{adamw: {weight_decay: {factor: 0.5, on: weights}, l1: {factor: 0.25, on: "
                  "[norms, F2]}, rates: {norms: 4, biases: 2, C1: 3}}}") ==
        "C1.conv.weight..C1.conv.weight 0+108 decay 0.5 l1 0 rate 3 rows 0\n"
        "C1.norm.weight..C1.norm.bias 108+8 decay 0 l1 0.25 rate 12 rows 0\n"
        "F2.linear.weight..F2.linear.weight 116+40960 decay 0.5 l1 0.25 rate 1 rows 0\n"
        "F2.linear.bias..F2.linear.bias 41076+10 decay 0 l1 0.25 rate 2 rows 0\n");
}

TEST_CASE("slopes are no weights, and each filter of a depthwise layer is one") {
  // The slope of PReLU is one number for all channels here.
  CHECK(groups_of("{sgd: {rates: {weights: 2, slopes: 5}}}",
                  "activation: {prelu: {shared: true}}\n") ==
        "C1.conv.weight..C1.conv.weight 0+108 decay 0 l1 0 rate 2 rows 0\n"
        "C1.norm.weight..C1.norm.bias 108+8 decay 0 l1 0 rate 1 rows 0\n"
        "C1.prelu.weight..C1.prelu.weight 116+1 decay 0 l1 0 rate 5 rows 0\n"
        "F2.linear.weight..F2.linear.weight 117+40960 decay 0 l1 0 rate 2 rows 0\n"
        "F2.linear.bias..F2.linear.bias 41077+10 decay 0 l1 0 rate 1 rows 0\n");
}

TEST_CASE("Muon's matrices stand alone, the classifier is none") {
  const Spec spec = spec_of(
      "name: n\ndata: shapes\nlayers: C1:4 C2:4 F3:10\ndefaults: {C: {bias: false}}\n"
      "train: {optimizer: muon}\n");
  std::string text;
  for (const ParameterGroup& group :
       parameter_groups(spec.train.optimizer, compile(spec).plan.graph)) {
    text += fmt::format("{}..{} {}+{} rows {}\n", group.first, group.last, group.offset,
                        group.elements, group.matrix_rows);
  }
  CHECK(text ==
        "C1.conv.weight..C1.conv.weight 0+108 rows 4\n"
        "C2.conv.weight..C2.conv.weight 108+144 rows 4\n"
        "F3.linear.weight..F3.linear.bias 252+40970 rows 0\n");
}

}  // namespace
}  // namespace castnet::codegen
