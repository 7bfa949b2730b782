#include <cstdint>

#include "cuda/device_engine.hpp"
#include "kernels/cuda/arena.hpp"
#include "kernels/cuda/shuffle.hpp"

namespace castnet::cuda {
namespace {

/// Steps in the larger graph: few launches an epoch, and a stop is heard soon.
constexpr int kStepsPerGraph = 8;

}  // namespace

ResidentSet::ResidentSet(const DataSet& set)
    : images_(set.images.size()),
      labels_(set.labels.size()),
      size_(static_cast<std::uint32_t>(set.size())) {
  CASTNET_CHECK(
      cudaMemcpy(images_.data(), set.images.data(), set.images.size(), cudaMemcpyHostToDevice),
      "the data set's images");
  CASTNET_CHECK(
      cudaMemcpy(labels_.data(), set.labels.data(), set.labels.size(), cudaMemcpyHostToDevice),
      "the data set's labels");
}

DeviceEngine::DeviceEngine(DeviceNetwork& network, const Split& split)
    : network_(network),
      device_(network.device()),
      split_(split),
      batch_(network.info().batch),
      train_(split.train),
      test_(split.test),
      augmenter_(network.info(), normalisation_of(network.info(), split.train)),
      order_stream_(make_stream()),
      steps_(split.train.size() / static_cast<std::size_t>(batch_)),
      steps_copy_(steps_.size()),
      state_(1),
      state_copy_(1),
      predicted_(split.test.size()),
      probability_(split.test.size()),
      losses_(split.test.size()) {
  for (EpochOrder& order : orders_) {
    order.samples = DeviceMemory<std::uint32_t>(split.train.size());
    order.made = make_event();
    order.used = make_event();
  }
  // cudaMemcpy from pageable memory may return before all is there.
  CASTNET_CHECK(cudaDeviceSynchronize(), "the copy of the data set");
  if (!device_.captures()) return;
  warm_up();
  for (int i = 0; i < 2; ++i) {
    const std::uint32_t* order = orders_[i].samples.data();
    one_step_[i] = capture([&] { queue_step(order); });
    many_steps_[i] = capture([&] {
      for (int step = 0; step < kStepsPerGraph; ++step) queue_step(order);
    });
  }
  batch_graph_ = capture([&] { queue_batch(); });
}

DeviceEngine::~DeviceEngine() {
  // What is queued uses the engine's memory.
  if (cudaStreamSynchronize(order_stream_.get()) != cudaSuccess ||
      cudaStreamSynchronize(device_.stream()) != cudaSuccess) {
    std::fprintf(stderr, "castnet: queued work failed: %s\n",
                 cudaGetErrorString(cudaGetLastError()));
  }
}

void DeviceEngine::warm_up() {
  const cudaStream_t stream = device_.stream();
  const std::span<Real> state = network_.state();
  const DeviceMemory<Real> kept(state.size());
  const auto copy = [&](const Real* from, Real* to) {
    CASTNET_CHECK(cudaMemcpyAsync(to, from, state.size_bytes(), cudaMemcpyDeviceToDevice, stream));
  };
  copy(state.data(), kept.data());
  const Recipe& recipe = network_.info().recipe;
  const Step first{.seed = recipe.seed};
  make_order(orders_[0], first.seed, first.epoch);
  CASTNET_CHECK(cudaStreamWaitEvent(stream, orders_[0].made.get(), 0));
  steps_copy_.data()[0] = device_step(first, recipe.optimizer);
  upload<DeviceStep>(stream, steps_.data(), steps_copy_.span());
  set_state({});
  queue_step(orders_[0].samples.data());
  device_.synchronize();
  set_state({});
  queue_batch();
  copy(kept.data(), state.data());
  device_.synchronize();
}

template <class Queue>
GraphExec DeviceEngine::capture(Queue queue) {
  CASTNET_CHECK(cudaStreamBeginCapture(device_.stream(), cudaStreamCaptureModeThreadLocal));
  cudaGraph_t captured = nullptr;
  try {
    queue();
  } catch (...) {
    // While a stream captures, nothing can be freed.
    if (cudaStreamEndCapture(device_.stream(), &captured) == cudaSuccess) Graph{captured};
    throw;
  }
  CASTNET_CHECK(cudaStreamEndCapture(device_.stream(), &captured));
  const Graph graph(captured);
  cudaGraphExec_t executable = nullptr;
  CASTNET_CHECK(cudaGraphInstantiate(&executable, graph.get(), 0));
  return GraphExec(executable);
}

void DeviceEngine::queue_step(const std::uint32_t* order) {
  const cudaStream_t stream = device_.stream();
  const ProgramInfo& info = network_.info();
  begin_step(stream, steps_.data(), state_.data(), network_.step());
  augmenter_.fill(stream, train_.view(), order, network_.step(), network_.images(),
                  network_.targets(), network_.samples());
  network_.forward(stream, Mode::train);
  network_.backward(stream);
  network_.update(stream);
  device_.layer(nullptr);
  end_step(stream, batch_, info.classes, train_.view().labels, network_.samples(),
           network_.probabilities(), network_.losses(), state_.data());
}

void DeviceEngine::queue_batch() {
  const cudaStream_t stream = device_.stream();
  augmenter_.fill_plain(stream, test_.view(), &state_.data()->position, network_.images(),
                        network_.targets(), network_.samples());
  network_.forward(stream, Mode::evaluate);
  device_.layer(nullptr);
  end_batch(stream, batch_, network_.info().classes, test_.view().size, network_.probabilities(),
            network_.losses(), {predicted_.data(), probability_.data(), losses_.data()},
            state_.data());
}

void DeviceEngine::make_order(EpochOrder& order, std::uint64_t seed, std::uint32_t epoch) {
  if (order.valid && order.seed == seed && order.epoch == epoch) return;
  // The steps that still read the order's last contents come first.
  CASTNET_CHECK(cudaStreamWaitEvent(order_stream_.get(), order.used.get(), 0));
  shuffle(order_stream_.get(), order.samples.data(), train_.view().size, seed, epoch);
  CASTNET_CHECK(cudaEventRecord(order.made.get(), order_stream_.get()));
  order.seed = seed;
  order.epoch = epoch;
  order.valid = true;
}

void DeviceEngine::set_state(const EpochState& state) {
  *state_copy_.data() = state;
  upload<EpochState>(device_.stream(), state_.data(), state_copy_.span());
}

void DeviceEngine::begin_epoch(std::span<const Step> steps, std::size_t position,
                               const TrainingSums& before) {
  const Step& first = steps.front();
  EpochOrder& last = orders_[current_];
  CASTNET_CHECK(cudaEventRecord(last.used.get(), device_.stream()));
  current_ = 1 - current_;
  make_order(orders_[current_], first.seed, first.epoch);
  make_order(last, first.seed, first.epoch + 1);
  CASTNET_CHECK(cudaStreamWaitEvent(device_.stream(), orders_[current_].made.get(), 0));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps_copy_.data()[i] =
        device_step(steps[i], network_.info().recipe.optimizer, static_cast<std::uint32_t>(i));
  }
  upload<DeviceStep>(device_.stream(), steps_.data(), steps_copy_.span());
  set_state({static_cast<std::uint32_t>(position), 0, before.correct, before.loss});
  position_ = position;
  steps_in_epoch_ = steps.size();
}

std::size_t DeviceEngine::advance() {
  const std::size_t left = steps_in_epoch_ - position_;
  const int steps = left >= kStepsPerGraph ? kStepsPerGraph : 1;
  if (device_.captures()) {
    const GraphExec& graph = steps == 1 ? one_step_[current_] : many_steps_[current_];
    CASTNET_CHECK(cudaGraphLaunch(graph.get(), device_.stream()), "a training step's graph");
  } else {
    for (int i = 0; i < steps; ++i) queue_step(orders_[current_].samples.data());
  }
  position_ += static_cast<std::size_t>(steps);
  return static_cast<std::size_t>(steps);
}

TrainingSums DeviceEngine::sums() {
  download<EpochState>(device_.stream(), state_copy_.span(), state_.data());
  device_.synchronize();
  return {state_copy_.data()->loss, state_copy_.data()->correct};
}

void DeviceEngine::swap_averages() {
  const std::size_t count = network_.averages_slice().elements;
  if (count == 0) return;
  Real* const state = network_.state().data();
  Real* const averages = state + network_.averages_slice().offset;
  const Slice& parameters = network_.parameters_slice();
  const Slice& statistics = network_.statistics_slice();
  swap(device_.stream(), parameters.elements, state + parameters.offset, averages);
  swap(device_.stream(), statistics.elements, state + statistics.offset,
       averages + parameters.elements);
}

bool DeviceEngine::evaluate(const StopHook& stop, Evaluation& result) {
  const std::size_t images = split_.test.size();
  const auto batch = static_cast<std::size_t>(batch_);
  set_state({});
  swap_averages();
  bool done = true;
  for (std::size_t first = 0; first < images && done; first += batch) {
    if (device_.captures()) {
      CASTNET_CHECK(cudaGraphLaunch(batch_graph_.get(), device_.stream()),
                    "the graph of an evaluation's batch");
    } else {
      queue_batch();
    }
    done = !stop || !stop();
  }
  swap_averages();
  const cudaStream_t stream = device_.stream();
  download<std::int32_t>(stream, result.predicted, predicted_.data());
  download<float>(stream, result.probability, probability_.data());
  download<float>(stream, result.losses, losses_.data());
  device_.synchronize();
  if (!done) return false;
  double sum = 0;
  result.correct = 0;
  for (std::size_t i = 0; i < images; ++i) {
    sum += static_cast<double>(result.losses[i]);
    result.correct += result.predicted[i] == split_.test.labels[i] ? 1 : 0;
  }
  result.loss = sum / static_cast<double>(images);
  return true;
}

}  // namespace castnet::cuda
