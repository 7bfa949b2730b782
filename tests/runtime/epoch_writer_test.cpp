#include "run/epoch_writer.hpp"

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "../catch.hpp"

namespace castnet {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

EpochFiles epoch(int number, bool best) {
  TrainingState state;
  state.epoch = static_cast<std::uint32_t>(number);
  return {state, "last " + std::to_string(number),
          best ? std::optional("best " + std::to_string(number)) : std::nullopt};
}

/// What a writer wrote, in order; none of it while the gate is closed.
struct Written {
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  std::vector<std::string> files;
  std::vector<Clock::time_point> times;

  EpochWriter::Write write() {
    return [this](const EpochFiles& epoch) {
      times.push_back(Clock::now());
      open.wait();
      if (epoch.best) files.push_back(*epoch.best);
      files.push_back(epoch.last);
    };
  }
};

TEST_CASE("the writer of epochs waits for no disk, and writes the last epoch with the last best") {
  Written written;
  EpochWriter writer(written.write(), 0ms);
  writer.put(epoch(1, true));   // begun at once, and stopped at the gate
  writer.put(epoch(2, false));  // gives way to later ones, but for a best
  writer.put(epoch(3, true));
  writer.put(epoch(4, false));
  CHECK(written.files.empty());
  written.gate.set_value();
  writer.flush();
  CHECK(written.files == std::vector<std::string>{"best 1", "last 1", "best 3", "last 4"});
  writer.put(epoch(5, true));
  writer.flush();
  CHECK(written.files.back() == "last 5");
  CHECK(written.files.size() == 6);
}

TEST_CASE("the writer of epochs begins one write a pause, and needs no other epoch for it") {
  Written written;
  written.gate.set_value();
  EpochWriter writer(written.write(), 100ms);
  const auto start = Clock::now();
  int number = 0;
  while (Clock::now() < start + 350ms) {
    writer.put(epoch(++number, false));
    std::this_thread::sleep_for(1ms);
  }
  std::this_thread::sleep_for(150ms);
  writer.flush();
  CHECK(written.files.front() == "last 1");
  CHECK(written.files.back() == "last " + std::to_string(number));
  REQUIRE(written.times.size() >= 3);
  CHECK(written.times.size() <= 6);
  for (std::size_t i = 1; i < written.times.size(); ++i) {
    CHECK(written.times[i] - start >= int(i) * 100ms);
  }
}

TEST_CASE("what ends before the pause does is written when it is asked for") {
  Written written;
  written.gate.set_value();
  EpochWriter writer(written.write(), 1h);
  writer.put(epoch(1, false));
  writer.put(epoch(2, false));
  writer.flush();
  CHECK(written.files == std::vector<std::string>{"last 1", "last 2"});
}

TEST_CASE("a write's error is told once, to the next call, and ends the writing of what waits") {
  std::atomic<int> writes = 0;
  std::promise<void> gate;
  EpochWriter writer(
      [&, open = gate.get_future().share()](const EpochFiles&) {
        ++writes;
        open.wait();
        throw std::runtime_error("the disk is full");
      },
      0ms);
  writer.put(epoch(1, true));
  writer.put(epoch(2, true));
  gate.set_value();
  CHECK_THROWS_WITH(writer.flush(), "the disk is full");
  CHECK(writes == 1);
  CHECK_NOTHROW(writer.flush());
}

}  // namespace
}  // namespace castnet
