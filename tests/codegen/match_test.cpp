// Widths that give a wanted number of parameters.
#include "analysis/match_parameters.hpp"
#include "support.hpp"

namespace castnet::codegen {
namespace {

std::int64_t parameters_of(const Spec& spec) {
  const Compiled compiled = compile(spec);
  for (const Diagnostic& error : compiled.errors) UNSCOPED_INFO(format(error));
  REQUIRE(compiled.errors.empty());
  return total(summarise(compiled.plan.graph)).parameters;
}

ParameterRange around(std::int64_t wanted, double tolerance = 0.01) {
  const auto margin = static_cast<std::int64_t>(tolerance * static_cast<double>(wanted));
  return {wanted - margin, wanted, wanted + margin};
}

/// Matches, and checks that nothing but widths changed and that the count is true.
ParameterMatch matched(const Spec& spec, const ParameterRange& range) {
  ParameterMatch match = match_parameters(spec, range);
  INFO(layers_text(match.spec) << ": " << match.parameters << " of " << range.wanted);
  CHECK(parameters_of(match.spec) == match.parameters);
  CHECK(range.holds(match.parameters) == match.found);
  Spec same = match.spec;
  REQUIRE(same.layers.size() == spec.layers.size());
  for (std::size_t i = 0; i < same.layers.size(); ++i) {
    same.layers[i].out_channels = spec.layers[i].out_channels;
  }
  CHECK(same == spec);
  CHECK(match.spec.layers.back().out_channels == spec.layers.back().out_channels);
  return match;
}

const std::string kPlain =
    "name: a\ndata: shapes\nnorm: batch\n"
    "layers: C1:16 C2:32 c3:16 P1 C4:24 C5:32 c6:20 P2 C7:32 C8:28 GAP c9:10\n";

TEST_CASE("widths follow the wanted count, up and down", "[match]") {
  const Spec spec = spec_of(kPlain);
  const std::int64_t now = parameters_of(spec);
  for (const double factor : {0.05, 0.3, 0.8, 0.97, 1.05, 2.0, 10.0}) {
    const auto wanted = static_cast<std::int64_t>(factor * static_cast<double>(now));
    CHECK(matched(spec, around(wanted)).found);
  }
}

TEST_CASE("no width is too small for its norm", "[match]") {
  // At 1x1, groups of one channel would leave nothing: c2 needs eight channels at least.
  const Spec spec = spec_of(
      "name: a\ndata: shapes\nnorm: {group: {groups: 4}}\nlayers: C1:32 GAP c2:64 c3:10\n"
      "overrides: {c2: {block: conv norm relu}}\n");
  const ParameterMatch match = matched(spec, around(562));
  CHECK(match.found);
  CHECK(match.spec.layers[2].out_channels >= 8);
}

TEST_CASE("a spec within the range is left alone", "[match]") {
  const Spec spec = spec_of(kPlain);
  const std::int64_t now = parameters_of(spec);
  CHECK(matched(spec, {now - 1, now - 1, now}).spec == spec);
  CHECK_FALSE(matched(spec, {now - 500, now - 250, now - 1}).spec == spec);
}

TEST_CASE("the same question has the same answer", "[match]") {
  const Spec spec = spec_of(kPlain);
  CHECK(match_parameters(spec, around(30000)).spec == match_parameters(spec, around(30000)).spec);
}

TEST_CASE("widths stay near one factor of the spec's", "[match]") {
  const Spec spec = spec_of(kPlain);
  const ParameterMatch match = matched(spec, around(4 * parameters_of(spec)));
  for (std::size_t i = 0; i + 1 < spec.layers.size(); ++i) {
    if (spec.layers[i].out_channels == 0) continue;
    const double factor =
        static_cast<double>(match.spec.layers[i].out_channels) / spec.layers[i].out_channels;
    CHECK(factor > 1.8);
    CHECK(factor < 2.2);
  }
}

TEST_CASE("where no width alone leads there, one gives way to the next", "[match]") {
  const Spec spec = spec_of("name: a\ndata: shapes\nlayers: C1:16 C2:32 P1 C3:24 GAP c4:10\n");
  CHECK(layers_text(matched(spec, around(637, 0.005)).spec) == "C1:2 C2:6 P1 C3:7 GAP c4:10");
}

TEST_CASE("groups go on dividing widths", "[match]") {
  const Spec normed = spec_of(
      "name: a\ndata: shapes\nnorm: {group: {groups: 4}}\n"
      "layers: C1:16 C2:32 P1 C3:24 C4:48 GAP c5:10\n");
  const ParameterMatch match = matched(normed, around(12000, 0.05));
  CHECK(match.found);
  for (const LayerSpec& layer : match.spec.layers) {
    if (layer.norm.kind == NormKind::group) CHECK(layer.out_channels % 4 == 0);
  }
  const Spec grouped = spec_of(
      "name: a\ndata: shapes\nnorm: batch\nlayers: C1:18 C2:24 P1 C3:36 D4 GAP c5:10\n"
      "overrides: {C2: {groups: 6}, C3: {groups: 3}}\n");
  const ParameterMatch other = matched(grouped, around(3 * parameters_of(grouped), 0.05));
  CHECK(other.found);
  CHECK(other.spec.layers[0].out_channels % 6 == 0);
  CHECK(other.spec.layers[1].out_channels % 6 == 0);
  CHECK(other.spec.layers[3].out_channels % 3 == 0);
}

TEST_CASE("groups of a convolution divide its own channels, too", "[match]") {
  const Spec spec =
      spec_of("name: a\ndata: shapes\nlayers: C1:8 C2:8 GAP c3:10\noverrides: {C2: {groups: 8}}\n");
  // Three times as wide: 24 * (27 + 1), 24 * (3 * 9 + 1) and 10 * (24 + 1).
  CHECK(layers_text(matched(spec, {1594, 1594, 1594}).spec) == "C1:24 C2:24 GAP c3:10");
}

TEST_CASE("a norm before the convolution binds the width before it", "[match]") {
  const Spec spec = spec_of(
      "name: a\ndata: shapes\nnorm: {group: {groups: 8}}\nblock: norm relu conv\n"
      "layers: c1:16 C2:32 P1 C3:24 GAP c4:10\n");
  const ParameterMatch match = matched(spec, around(2 * parameters_of(spec), 0.05));
  CHECK(match.found);
  CHECK(match.spec.layers[0].out_channels % 8 == 0);
}

TEST_CASE("both ends of a skip keep one width", "[match]") {
  const Spec spec = spec_of(
      "name: a\ndata: shapes\nnorm: batch\nlayers: C1:16 C2:16 P1 C3:32 C4:32 D5 GAP c6:10\n"
      "overrides: {C2: {skip: {from: C1}}, C4: {skip: {from: P1, projection: true}},"
      " D5: {skip: {from: C3}}}\n");
  const ParameterMatch match = matched(spec, around(7 * parameters_of(spec) / 2));
  CHECK(match.found);
  CHECK(match.spec.layers[0].out_channels == match.spec.layers[1].out_channels);
  CHECK(match.spec.layers[3].out_channels == match.spec.layers[4].out_channels);
}

TEST_CASE("what cannot be is said, with the nearest", "[match]") {
  const Spec fixed = spec_of("name: a\ndata: shapes\nlayers: GAP c1:10\n");
  const ParameterMatch none = matched(fixed, around(1000));
  CHECK_FALSE(none.found);
  CHECK(none.spec == fixed);
  const Spec coarse =
      spec_of("name: a\ndata: shapes\nnorm: {group: {groups: 32}}\nlayers: C1:64 GAP c2:10\n");
  const ParameterMatch nearest = matched(coarse, around(2000));
  CHECK_FALSE(nearest.found);
  CHECK(nearest.spec.layers[0].out_channels % 32 == 0);
  CHECK_FALSE(matched(spec_of(kPlain), around(20)).found);
}

TEST_CASE("layers are written as tokens", "[match]") {
  CHECK(layers_text(spec_of("name: a\ndata: shapes\nlayers: C1:4 D2 P1 GAP F3:10\n")) ==
        "C1:4 D2 P1 GAP F3:10");
}

}  // namespace
}  // namespace castnet::codegen
