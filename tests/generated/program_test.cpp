// Generated programs as users get them: bits, allocations, and that they learn.

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <new>
#include <vector>

#include "../catch.hpp"
#include "analysis/costs.hpp"
#include "core/threads.hpp"
#include "spec/parse.hpp"
#include "support.hpp"
#include "targets/target.hpp"

namespace {
std::atomic<long> allocations{0};
std::atomic<std::size_t> arena_bytes{0};  ///< all that was allocated with an alignment
}  // namespace

// Counts every allocation of this test program.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  // An arena without elements still has an address: one element.
  if (size > sizeof(castnet::Real)) arena_bytes += size;
  const auto align = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }

namespace castnet::test {
namespace {

double mean_loss(const Program& program) {
  double sum = 0;
  for (const Real loss : program.losses()) sum += static_cast<double>(loss);
  return sum / static_cast<double>(program.losses().size());
}

std::vector<Real> trained(Make make, int threads) {
  set_thread_count(threads);
  const auto program = prepared(make);
  steps(*program, 5);
  std::vector<Real> result;
  for (const auto arena : {program->parameters(), program->statistics(), program->averages()}) {
    result.insert(result.end(), arena.begin(), arena.end());
  }
  return result;
}

TEST_CASE("bits do not depend on the number of threads") {
  for (const auto& [name, make] : kPrograms) {
    INFO(name);
    const std::vector<Real> one = trained(make, 1);
    CHECK(one == trained(make, 1));
    CHECK(one == trained(make, 2));
    CHECK(one == trained(make, 3));
  }
  set_thread_count(2);
}

TEST_CASE("training steps allocate nothing") {
  for (const auto& [name, make] : kPrograms) {
    INFO(name);
    const auto program = prepared(make);
    steps(*program, 1);
    const long before = allocations;
    REQUIRE(before > 0);  // the counter counts
    steps(*program, 3);
    program->evaluate();
    CHECK(allocations == before);
  }
}

TEST_CASE("the memory that castnet reports is what a program allocates") {
  std::ifstream file(CASTNET_SOURCE_DIR "/tests/generated/tiny.yaml");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto parsed = codegen::parse_spec(text, "tiny.yaml");
  REQUIRE(parsed.specs.size() == kPrograms.size());
  for (std::size_t i = 0; i < kPrograms.size(); ++i) {
    INFO(kPrograms[i].first);
    const codegen::Spec& spec = parsed.specs[i];
    const std::size_t before = arena_bytes;
    const auto program = kPrograms[i].second();
    const std::size_t allocated = arena_bytes - before;
    REQUIRE(program->info().name == spec.name);
    const auto cost = codegen::costs(spec, codegen::compile(spec));
    CHECK(static_cast<std::size_t>(cost.train_memory.value) == allocated);
    CHECK(program->info().memory == allocated);
    const std::size_t seen = program->parameters().size_bytes() +
                             program->gradients().size_bytes() +
                             program->optimizer_state().size_bytes() +
                             program->statistics().size_bytes() + program->averages().size_bytes();
    const std::size_t shares =
        program->gradients().size_bytes() * static_cast<std::size_t>(program->info().batch / 16);
    const std::size_t scratch =
        static_cast<std::size_t>(codegen::scratch_tensors(spec.train.optimizer)) *
        program->parameters().size_bytes();
    const std::size_t workspaces = static_cast<std::size_t>(cost.train_workspace) *
                                   static_cast<std::size_t>(program->info().batch / 16);
    REQUIRE(workspaces > 0);
    CHECK(allocated ==
          seen + shares + scratch + workspaces + static_cast<std::size_t>(cost.train_activations));
  }
}

TEST_CASE("generated programs learn") {
  for (const auto& [name, make] : kPrograms) {
    INFO(name);
    const auto program = prepared(make);
    steps(*program, 1);
    const double first = mean_loss(*program);
    steps(*program, 200);
    CHECK(mean_loss(*program) < 0.6 * first);
  }
}

}  // namespace
}  // namespace castnet::test
