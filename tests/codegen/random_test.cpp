// What holds of every spec: random ones parse, plan and emit for each target, with shapes as they
// were chosen and memory that nobody else writes to while it is needed.
#include <algorithm>
#include <string>
#include <vector>

#include "emit/program.hpp"
#include "random_spec.hpp"
#include "support.hpp"

namespace castnet::codegen {
namespace {

constexpr unsigned kSpecs = 40;

/// The first and the last operation that names each buffer, counted here; the images are there all
/// the time.
struct Span {
  int first = -1, last = -1;
};

std::vector<Span> spans(const Plan& plan) {
  std::vector<Span> found(plan.buffers.size());
  for (int i = 0; i < static_cast<int>(plan.operations.size()); ++i) {
    for (const Binding& binding : plan.operations[static_cast<std::size_t>(i)].bindings) {
      Span& span = found.at(static_cast<std::size_t>(binding.buffer));
      if (span.first < 0) span.first = i;
      span.last = i;
    }
  }
  found.front() = {0, static_cast<int>(plan.operations.size())};
  return found;
}

void check_live_buffers_apart(const Plan& plan) {
  const std::vector<Span> alive = spans(plan);
  for (std::size_t i = 0; i < plan.buffers.size(); ++i) {
    const Buffer& a = plan.buffers[i];
    for (std::size_t k = 0; k < i; ++k) {
      const Buffer& b = plan.buffers[k];
      if (a.by_block != b.by_block) continue;  // in different parts of the arena
      if (alive[i].first > alive[k].last || alive[k].first > alive[i].last) continue;
      INFO(a.name << " and " << b.name);
      CHECK((a.offset + slice_elements(plan, a) <= b.offset ||
             b.offset + slice_elements(plan, b) <= a.offset));
    }
  }
}

/// Runs the plan over memory that knows what lies in it: whatever an operation reads must lie there
/// still, as it was written.
void check_reads_find_what_was_written(const Plan& plan) {
  const auto cells = [](std::int64_t elements) {
    return static_cast<std::size_t>((elements + kAlignment - 1) / kAlignment);
  };
  constexpr int kNobody = -1;
  std::vector<int> in_blocks(cells(plan.block_elements), kNobody);
  std::vector<int> shared(cells(plan.shared_elements), kNobody);
  const auto each_cell = [&](int buffer, auto visit) {
    const Buffer& one = plan.buffers[static_cast<std::size_t>(buffer)];
    std::vector<int>& memory = one.by_block ? in_blocks : shared;
    for (std::size_t cell = cells(one.offset); cell < cells(one.offset + slice_elements(plan, one));
         ++cell) {
      visit(memory.at(cell));
    }
  };
  each_cell(0, [](int& owner) { owner = 0; });
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const Operation& operation = plan.operations[i];
    for (const Binding& binding : operation.bindings) {
      if (binding.writes) continue;
      bool whole = true;
      each_cell(binding.buffer, [&](int owner) { whole = whole && owner == binding.buffer; });
      INFO("operation " << i << " reads "
                        << plan.buffers[static_cast<std::size_t>(binding.buffer)].name);
      CHECK(whole);
    }
    for (const Binding& binding : operation.bindings) {
      if (binding.writes) each_cell(binding.buffer, [&](int& owner) { owner = binding.buffer; });
    }
  }
}

/// What an operation reads has the shape that its writer gave it.
void check_edges(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    const int before = node.inputs.front();
    const Shape& given = before == kNetworkInput
                             ? graph.input
                             : last_fused(graph.nodes[static_cast<std::size_t>(before)]).out;
    INFO(node.name);
    CHECK(node.in == given);
  }
}

TEST_CASE("random specs parse, plan and emit for every target") {
  for (unsigned seed = 1; seed <= kSpecs; ++seed) {
    const RandomSpec random = RandomSpecs(seed).make();
    INFO("seed " << seed << '\n' << random.text);
    const ParseResult parsed = parse_spec(random.text, "random.yaml");
    for (const Diagnostic& error : parsed.errors) UNSCOPED_INFO(format(error));
    REQUIRE(parsed.errors.empty());
    const Spec& spec = parsed.specs.front();
    for (const Target& target : targets()) {
      const Compiled compiled = compile(spec, target);
      for (const Diagnostic& error : compiled.errors) UNSCOPED_INFO(format(error));
      REQUIRE(compiled.errors.empty());
      const std::vector<LayerSummary> layers = summarise(compiled.plan.graph);
      REQUIRE(layers.size() == random.outputs.size());
      for (std::size_t i = 0; i < layers.size(); ++i) {
        CHECK(layers[i].name == random.outputs[i].first);
        CHECK(layers[i].out == random.outputs[i].second);
      }
      for (const Plan* plan : {&compiled.plan, &evaluation_of(compiled)}) {
        check_edges(plan->graph);
        check_live_buffers_apart(*plan);
        check_reads_find_what_was_written(*plan);
      }
      const Origin origin{"random.yaml", "random.yaml", std::string(64, '0')};
      const auto files = emit_program(spec, compiled, origin, target, Templates());
      const auto again = emit_program(spec, compile(spec, target), origin, target, Templates());
      REQUIRE(files.size() == 2);
      for (std::size_t i = 0; i < files.size(); ++i) {
        CHECK(files[i].text.starts_with("// Generated by castnet from random.yaml"));
        CHECK(files[i].text == again[i].text);
      }
    }
  }
}

}  // namespace
}  // namespace castnet::codegen
