// Properties of plans: buffers, lifetimes, memory, and order.
#include <algorithm>
#include <set>

#include "core_specs.hpp"
#include "targets/cpu/blocks.hpp"
#include "targets/cuda/scratch.hpp"

namespace castnet::codegen {
namespace {

/// In the memory of a block, or in what all blocks share.
bool overlap(const Plan& plan, const Buffer& a, const Buffer& b) {
  return a.by_block == b.by_block && a.offset < b.offset + slice_elements(plan, b) &&
         b.offset < a.offset + slice_elements(plan, a);
}

void check_place(const Plan& plan, const Buffer& buffer) {
  CHECK(buffer.offset % kAlignment == 0);
  CHECK(buffer.offset + slice_elements(plan, buffer) <=
        (buffer.by_block ? plan.block_elements : plan.shared_elements));
  CHECK(buffer.elements > 0);
  if (buffer.by_block) CHECK(buffer.elements % blocks(plan) == 0);
}

bool meet(const Buffer& a, const Buffer& b) { return a.first <= b.last && b.first <= a.last; }

void check_apart(const Plan& plan) {
  std::int64_t sum = 0;
  for (const Buffer& a : plan.buffers) {
    check_place(plan, a);
    sum += a.elements;
    for (const Buffer& b : plan.buffers) {
      if (&a == &b || !meet(a, b)) continue;
      INFO(a.name << " and " << b.name);
      CHECK_FALSE(overlap(plan, a, b));
    }
  }
  CHECK(arena_elements(plan) < sum);  // something is shared
}

TEST_CASE("buffers that live at the same time never overlap") {
  for (const std::string& text : core_specs()) {
    for (const Target& target : targets()) {
      INFO(text);
      const Compiled compiled = compile(spec_of(text), target);
      check_apart(compiled.plan);
      check_apart(evaluation_of(compiled));
    }
  }
}

TEST_CASE("every value is written before it is read, and never over a value that is still needed") {
  for (const std::string& text : core_specs()) {
    for (const Target& target : targets()) {
      INFO(text);
      // Follows each buffer through the program as it was before memory was shared in place: each
      // read must find what the unshared plan's producer wrote.
      Plan apart = derive_backward(compile(spec_of(text), target).plan.graph);
      apart = target.name == "cpu" ? cpu::split_by_block(apart) : cuda::add_scratch(apart);
      const Plan shared = share_in_place(apart);
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
}

TEST_CASE("the network's input is never written") {
  const std::string head = "name: n\ndata: cifar10\nlayers: C1:4 C2:4 GAP c3:10\n";
  std::vector<std::string> specs = core_specs();
  specs.push_back(head + "block: relu conv\n");
  specs.push_back(head + "norm: batch\nblock: norm relu conv\n");
  specs.push_back(head + "block: dropout conv\ndropout: 0.1\n");
  for (const std::string& text : specs) {
    INFO(text);
    for (const Target& target : targets()) {
      const Plans plans = compile(spec_of(text), target);
      for (const Plan* plan : {&plans.plan, &evaluation_of(plans)}) {
        for (const Operation& operation : plan->operations) {
          for (const Binding& binding : operation.bindings) {
            CHECK_FALSE((binding.writes && binding.buffer == 0));
          }
        }
      }
    }
  }
}

TEST_CASE("without sharing the operations are the same, and no two buffers overlap") {
  for (const std::string& text : core_specs()) {
    INFO(text);
    const Plan shared = compile(spec_of(text), target_named("cuda")).plan;
    const Plan apart = compile(spec_of(text), target_named("cuda"), Sharing::none).plan;
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
      check_place(apart, a);
      for (std::size_t k = 0; k < i; ++k) CHECK_FALSE(overlap(apart, a, apart.buffers[k]));
    }
  }
}

// `castnet verify` compares them operation by operation.
TEST_CASE("all targets' plans are of the same graph") {
  for (const std::string& text : core_specs()) {
    INFO(text);
    for (const Target& target : targets()) {
      CHECK(compile(spec_of(text), target).plan.graph == compile(spec_of(text)).plan.graph);
    }
  }
}

TEST_CASE("names of buffers are unique") {
  for (const std::string& text : core_specs()) {
    for (const Sharing sharing : {Sharing::lifetimes, Sharing::none}) {
      std::set<std::string> names;
      const Compiled compiled = compile(spec_of(text), target_named("cpu"), sharing);
      for (const Buffer& buffer : compiled.plan.buffers) CHECK(names.insert(buffer.name).second);
      names.erase("input");
      for (const Buffer& buffer : compiled.evaluation->buffers) {
        CHECK(names.insert(buffer.name).second);
      }
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
    const Compiled compiled = compile(spec_of(text));
    CHECK(arena_elements(*compiled.evaluation) < arena_elements(compiled.plan));
    // In the same memory, and the images in the same place.
    CHECK(compiled.evaluation->block_elements <= compiled.plan.block_elements);
    CHECK(compiled.evaluation->shared_elements <= compiled.plan.shared_elements);
    CHECK(compiled.evaluation->buffers.front().offset == compiled.plan.buffers.front().offset);
  }
}

const Node& node_of(const Plan& plan, const Operation& operation) {
  return plan.graph.nodes[static_cast<std::size_t>(operation.node)];
}

TEST_CASE("blocks of images wait for one another for statistics over the batch alone") {
  const auto waits = [](const std::string& norm) {
    const Plan plan = plan_of(
        "name: n\ndata: shapes\nnorm: " + norm + "\nlayers: C1:8 C2:8 P1 C3:8 GAP c4:10\n", "cpu");
    std::vector<std::string> found;
    for (const Operation& operation : plan.operations) {
      if (!operation.whole_batch || operation.action == cpu::action::pack ||
          operation.action == cpu::action::pack_data) {
        continue;
      }
      found.push_back(node_of(plan, operation).name + " " + std::string(operation.action.name));
    }
    return found;
  };
  CHECK(waits("layer").empty());
  CHECK(waits("none").empty());
  CHECK(waits("batch") == std::vector<std::string>{"C1_norm statistics", "C2_norm statistics",
                                                   "C3_norm statistics", "C3_norm backward_means",
                                                   "C2_norm backward_means",
                                                   "C1_norm backward_means"});
}

TEST_CASE("weights are packed before the first block's first operation, forward and backward") {
  for (const std::string& text : core_specs()) {
    INFO(text);
    const Plan plan = plan_of(text, "cpu");
    const auto packs = [](const Operation& operation) {
      return operation.action == cpu::action::pack || operation.action == cpu::action::pack_data;
    };
    const auto middle = plan.operations.begin() + plan.forward_operations;
    CHECK(std::is_partitioned(plan.operations.begin(), middle, packs));
    CHECK(std::is_partitioned(middle, plan.operations.end(), packs));
    for (const Operation& operation : plan.operations) {
      if (packs(operation)) CHECK(operation.whole_batch);
    }
  }
}

TEST_CASE("evaluation has no dropout, and batch norms in the convolutions before them") {
  const std::string layers = "block: conv norm relu dropout\nlayers: C1:8 C2:8 GAP c3:10\n";
  const auto evaluated = [&](const std::string& norm) {
    const Plan plan =
        compile(spec_of("name: n\ndata: shapes\ndropout: 0.1\nnorm: " + norm + "\n" + layers))
            .evaluation.value();
    std::string text;
    for (const Operation& operation : plan.operations) {
      const Node& node = node_of(plan, operation);
      CHECK_FALSE(std::holds_alternative<Dropout>(node.op));
      text += node.name;
      for (const Node& one : node.fused) text += "+" + one.name;
      text += " " + std::string(operation.action.name) + "\n";
    }
    return text;
  };
  CHECK(evaluated("batch") ==
        "C1_conv+C1_norm pack\nC2_conv+C2_norm pack\nc3_conv pack\n"
        "C1_conv+C1_norm forward\nC2_conv+C2_norm forward\nGAP_global_pool forward\n"
        "c3_conv forward\nloss forward\n");
  CHECK(evaluated("layer") ==
        "C1_conv pack\nC2_conv pack\nc3_conv pack\n"
        "C1_conv forward_measured\nC1_norm moments\nC1_norm forward\n"
        "C2_conv forward_measured\nC2_norm moments\nC2_norm forward\nGAP_global_pool forward\n"
        "c3_conv forward\nloss forward\n");
}

TEST_CASE("evaluation never stores a convolution that 1x1 convolution and pooling alone read") {
  const auto evaluated = [](const std::string& rest) {
    std::string names;
    const Compiled compiled = compile(spec_of("name: n\ndata: shapes\nnorm: batch\n" + rest));
    for (const Node& node : compiled.evaluation->graph.nodes) {
      names += node.name;
      for (const Node& one : node.fused) names += "+" + one.name;
      names += " ";
    }
    return names;
  };
  CHECK(evaluated("layers: C1:8 C2:8 c3:8 P1 GAP c4:10\n") ==
        "C1_conv+C1_norm C2_conv+C2_norm+c3_conv+P1_pool GAP_global_pool c4_conv loss ");
  const std::string apart = "C1_conv+C1_norm C2_conv+C2_norm c3_conv+P1_pool GAP";
  for (const std::string rest : {
           "layers: C1:8 C2:6 c3:8 P1 GAP c4:10\n",  // not by Winograd's algorithm
           "layers: C1:8 C2:8 c3:8 P1 GAP c4:10\noverrides: {P1: {kernel: 3, stride: 3}}\n",
           "layers: C1:8 C2:72 c3:8 P1 GAP c4:10\n",  // 590 KB of a row
       }) {
    INFO(rest);
    CHECK(evaluated(rest).starts_with(apart));
  }
}

TEST_CASE(
    "a convolution measures for the norm behind it, and other norms have a pass of their own") {
  const auto of = [](const std::string& rest, Action action) {
    const Plan plan = plan_of("name: n\ndata: shapes\nlayers: C1:8 C2:8 GAP c3:10\n" + rest, "cpu");
    std::string names;
    for (const Operation& operation : plan.operations) {
      if (operation.action == action) names += " " + node_of(plan, operation).name;
    }
    return names;
  };
  for (const std::string norm : {"norm: batch\n", "norm: {group: {groups: 2}}\n"}) {
    CHECK(of(norm, cpu::action::forward_measured) == " C1_conv C2_conv");
    CHECK(of(norm, cpu::action::measure).empty());
    CHECK(of(norm + "block: conv relu norm\n", cpu::action::forward_measured).empty());
    CHECK(of(norm + "block: conv relu norm\n", cpu::action::measure) == " C1_norm C2_norm");
  }
  CHECK(of("norm: none\n", cpu::action::measure).empty());
}

TEST_CASE("evaluation normalises by running statistics where a norm stands alone") {
  const Plan plan = compile(spec_of("name: n\ndata: shapes\nnorm: batch\n"
                                    "block: conv relu norm\nlayers: C1:8 GAP c2:10\n"))
                        .evaluation.value();
  std::vector<Action> actions;
  for (const Operation& operation : plan.operations) {
    if (node_of(plan, operation).name == "C1_norm") actions.push_back(operation.action);
  }
  CHECK(actions == std::vector<Action>{cpu::action::running, Action::forward});
}

}  // namespace
}  // namespace castnet::codegen
