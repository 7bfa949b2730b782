// Properties of plans: buffers, lifetimes, memory, and order.
#include <algorithm>
#include <set>

#include "core_specs.hpp"

namespace castnet::codegen {
namespace {

bool overlap(const Buffer& a, const Buffer& b) {
  return a.offset < b.offset + b.elements && b.offset < a.offset + a.elements;
}

bool meet(const Buffer& a, const Buffer& b) { return a.first <= b.last && b.first <= a.last; }

TEST_CASE("buffers that live at the same time never overlap") {
  for (const std::string& text : core_specs()) {
    INFO(text);
    const Plan plan = plan_of(text);
    std::int64_t sum = 0;
    for (const Buffer& a : plan.buffers) {
      CHECK(a.offset % kAlignment == 0);
      CHECK(a.offset + a.elements <= plan.arena_elements);
      CHECK(a.elements > 0);
      sum += a.elements;
      for (const Buffer& b : plan.buffers) {
        if (&a == &b || !meet(a, b)) continue;
        INFO(a.name << " and " << b.name);
        CHECK_FALSE(overlap(a, b));
      }
    }
    CHECK(plan.arena_elements < sum);  // something is shared
  }
}

TEST_CASE("every value is written before it is read, and never over a value that is still needed") {
  for (const std::string& text : core_specs()) {
    INFO(text);
    // Follows each buffer through the program as it was before memory was shared in place: each
    // read must find what the unshared plan's producer wrote.
    const Graph graph = compile(spec_of(text)).plan.graph;
    const Plan apart = derive_backward(graph);
    const Plan shared = share_in_place(derive_backward(graph));
    REQUIRE(apart.operations.size() == shared.operations.size());
    std::vector<int> holds(shared.buffers.size(), -1);
    holds[0] = 0;
    for (std::size_t i = 0; i < apart.operations.size(); ++i) {
      const auto& before = apart.operations[i].bindings;
      const auto& after = shared.operations[i].bindings;
      REQUIRE(before.size() == after.size());
      for (std::size_t k = 0; k < before.size(); ++k) {
        if (before[k].writes) continue;
        INFO("operation " << i << " reads " << apart.buffers[std::size_t(before[k].buffer)].name);
        CHECK(holds[std::size_t(after[k].buffer)] == before[k].buffer);
      }
      for (std::size_t k = 0; k < before.size(); ++k) {
        if (before[k].writes) holds[std::size_t(after[k].buffer)] = before[k].buffer;
      }
    }
  }
}

TEST_CASE("without sharing the operations are the same, and no two buffers overlap") {
  for (const std::string& text : core_specs()) {
    INFO(text);
    const Plan shared = plan_of(text);
    const Plan apart = compile(spec_of(text), Sharing::none).plan;
    CHECK(apart.graph == shared.graph);
    CHECK(apart.forward_operations == shared.forward_operations);
    REQUIRE(apart.operations.size() == shared.operations.size());
    std::vector<int> writers(apart.buffers.size());
    for (std::size_t i = 0; i < apart.operations.size(); ++i) {
      const Operation& a = apart.operations[i];
      const Operation& b = shared.operations[i];
      CHECK(a.action == b.action);
      CHECK(a.node == b.node);
      REQUIRE(a.bindings.size() == b.bindings.size());
      for (std::size_t k = 0; k < a.bindings.size(); ++k) {
        CHECK(a.bindings[k].role == b.bindings[k].role);
        CHECK(a.bindings[k].writes == b.bindings[k].writes);
        CHECK(apart.buffers[std::size_t(a.bindings[k].buffer)].elements ==
              shared.buffers[std::size_t(b.bindings[k].buffer)].elements);
        if (a.bindings[k].writes) ++writers[std::size_t(a.bindings[k].buffer)];
      }
    }
    for (std::size_t i = 0; i < apart.buffers.size(); ++i) {
      const Buffer& a = apart.buffers[i];
      INFO(a.name);
      CHECK(writers[i] == (i == 0 ? 0 : 1));  // each value stays as its only writer left it
      CHECK(a.offset % kAlignment == 0);
      CHECK(a.offset + a.elements <= apart.arena_elements);
      for (std::size_t k = 0; k < i; ++k) CHECK_FALSE(overlap(a, apart.buffers[k]));
    }
  }
}

TEST_CASE("names of buffers are unique") {
  for (const std::string& text : core_specs()) {
    for (const Sharing sharing : {Sharing::lifetimes, Sharing::none}) {
      std::set<std::string> names;
      const Plan plan = compile(spec_of(text), sharing).plan;
      for (const Buffer& buffer : plan.buffers) CHECK(names.insert(buffer.name).second);
    }
  }
}

TEST_CASE("the gradients of a value with two readers are added up") {
  const Plan plan =
      plan_of("name: n\ndata: shapes\nlayers: C1:4 C2:4 GAP c3:10\noverrides: {C2: {skip: C1}}\n");
  const auto sums = std::count_if(plan.operations.begin(), plan.operations.end(),
                                  [](const auto& o) { return o.action == Action::accumulate; });
  CHECK(sums == 1);
}

TEST_CASE("the first layer's gradient of the images is not computed") {
  const Plan plan = plan_of("name: n\ndata: shapes\nlayers: P1 C1:4 GAP c2:10\n");
  for (const Buffer& buffer : plan.buffers) {
    INFO(buffer.name);
    CHECK(buffer.name != "d_input");
  }
}

TEST_CASE("evaluation needs less memory than training") {
  for (const std::string& text : core_specs()) {
    const Plan plan = plan_of(text);
    const Plan inference = inference_only(plan);
    CHECK(inference.arena_elements < plan.arena_elements);
    CHECK(inference.operations.size() == static_cast<std::size_t>(plan.forward_operations));
  }
}

}  // namespace
}  // namespace castnet::codegen
