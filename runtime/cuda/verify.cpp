#include "cuda/verify.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "castnet_shared/exit_status.hpp"
#include "castnet_shared/memory.hpp"
#include "castnet_shared/shapes.hpp"
#include "castnet_shared/words.hpp"
#include "core/philox.hpp"
#include "core/targets.hpp"
#include "cuda/device_program.hpp"
#include "cuda/differences.hpp"
#include "train/initialise.hpp"
#include "train/schedule.hpp"

namespace castnet::cuda {
namespace {

struct Options {
  int steps = 3;
  std::uint64_t seed = 1;
  double tolerance = 256;  ///< ULP of a scale: see Differences::compare
  bool verbose = false;
};

/// If more values differ than kinks and ties explain, a step is tried with this number of batches.
constexpr int kDraws = 3;

/// The state from which a step starts.
struct State {
  explicit State(Program& program) {
    for (const std::span<Real> part : parts(program)) values.emplace_back(part.begin(), part.end());
  }
  void restore(Program& program) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::ranges::copy(values[i], parts(program)[i].begin());
    }
  }
  static std::array<std::span<Real>, 4> parts(Program& program) {
    return {program.parameters(), program.optimizer_state(), program.statistics(),
            program.averages()};
  }
  std::vector<std::vector<Real>> values;
};

/// Both programs and what is compared between them.
class Verification {
 public:
  Verification(Program& cpu, DeviceProgram& cuda, std::span<const VerifiedBuffer> buffers,
               std::span<const VerifiedGradient> gradients, std::size_t block,
               const Options& options)
      : cpu_(cpu),
        cuda_(cuda),
        buffers_(buffers),
        gradients_(gradients),
        block_(block),
        options_(options) {
    // Not dirac: a channel that only passes through has a gradient of its norm's scale that cancels
    // to nothing but rounding.
    initialise_uniform(cpu_, options.seed);
    cuda_.prepare();
    cuda_.network().device().set_layer_done([this] { compare_segment(); });
  }

  int run();

 private:
  Differences run_draws(int step);
  void fill(std::uint32_t batch);
  void copy_state();
  void compare_forward(Mode mode, const Step& step);
  void run_step(int number);
  void compare_segment();
  void compare_buffer(const VerifiedBuffer& buffer);
  double magnitude_of(const Terms& terms);
  double terms_of(const TensorInfo& parameter);
  void compare_tensors(const char* what, std::span<const TensorInfo> tensors,
                       std::span<const Real> expected, std::span<const Real> actual, bool gradient,
                       Least least);

  Program& cpu_;
  DeviceProgram& cuda_;
  std::span<const VerifiedBuffer> buffers_;
  std::span<const VerifiedGradient> gradients_;
  std::size_t block_;
  const Options& options_;
  Differences* differences_ = nullptr;  ///< of this step
  std::string prefix_;                  ///< of what is compared
  bool backward_ = false;
  int segment_ = 0;
};

int Verification::run() {
  int compared = 0, differing = 0;
  double worst = 0;
  for (int step = 1; step <= options_.steps; ++step) {
    const Differences differences = run_draws(step);
    fmt::print("{}", differing == 0 || options_.verbose ? differences.text() : "");
    compared += differences.compared();
    differing += differences.differing();
    worst = std::max(worst, differences.worst());
  }
  const char* const name = cpu_.info().name;
  if (differing == 0) {
    fmt::print("{}: cpu and cuda agree: {} over {}, at most {:.4g} ULP apart\n", name,
               counted(compared, "tensor"), counted(options_.steps, "step"), worst);
    return kFine;
  }
  fmt::print("{}: {} of {} tensors differ by more than {} ULP; the first is shown above\n", name,
             differing, compared, options_.tolerance);
  return kCheckFailed;
}

/// One step. Where only gradients differ, a value may have lain at an activation's kink, or two at
/// a pool's tie, between the targets' roundings: what is wrong differs with other images, too.
Differences Verification::run_draws(int step) {
  const State before(cpu_);
  for (int draw = 0;; ++draw) {
    Differences differences(options_.tolerance, options_.verbose, step);
    differences_ = &differences;
    fill(static_cast<std::uint32_t>(step * kDraws + draw));
    run_step(step);
    if (!differences.may_be_kinks() || draw + 1 == kDraws) return differences;
    fmt::print(
        "{}step {}: only gradients differ, perhaps at kinks; repeating the step with other "
        "images\n",
        differences.text(), step);
    before.restore(cpu_);
  }
}

/// Images and labels of a batch, the same for both: uniform in [-2, 2), as normalised pixels are.
void Verification::fill(std::uint32_t batch) {
  const ProgramInfo& info = cpu_.info();
  const int elements = info.channels * info.height * info.width;
  for (int slot = 0; slot < info.batch; ++slot) {
    const std::uint32_t sample =
        batch * static_cast<std::uint32_t>(info.batch) + static_cast<std::uint32_t>(slot);
    const ImageSlot a = cpu_.image(slot), b = cuda_.image(slot);
    for (int i = 0; i < elements; ++i) {
      const Philox4 words = philox({sample, 0, static_cast<std::uint32_t>(i / 4),
                                    static_cast<std::uint32_t>(Stream::synthetic)},
                                   options_.seed);
      const Real pixel = 4 * uniform(words[static_cast<std::size_t>(i % 4)]) - 2;
      a.first[i * a.stride] = b.first[i * b.stride] = pixel;
    }
    const std::uint32_t word = philox({sample, 1, 0, 0}, options_.seed)[0];
    const auto label = static_cast<std::int32_t>(word % static_cast<std::uint32_t>(info.classes));
    for (Program* program : {&cpu_, static_cast<Program*>(&cuda_)}) {
      const auto place = static_cast<std::size_t>(slot);
      set_target(*program, place, label, info.recipe.label_smoothing);
      program->samples()[place] = sample;
    }
  }
}

void Verification::copy_state() {
  std::ranges::copy(cpu_.parameters(), cuda_.parameters().begin());
  std::ranges::copy(cpu_.optimizer_state(), cuda_.optimizer_state().begin());
  std::ranges::copy(cpu_.statistics(), cuda_.statistics().begin());
  std::ranges::copy(cpu_.averages(), cuda_.averages().begin());
  // This reveals memory that a step reads before it is written, and gradients that backward does
  // not write.
  cuda_.network().fill_with_nan();
  std::ranges::fill(cuda_.gradients(), std::numeric_limits<Real>::quiet_NaN());
  cuda_.store();
}

/// Forward through the CUDA program, whose values are compared with the CPU program's on the way.
void Verification::compare_forward(Mode mode, const Step& step) {
  const ProgramInfo& info = cpu_.info();
  prefix_ = mode == Mode::evaluate ? "evaluation: " : "";
  backward_ = false;
  segment_ = 0;
  cuda_.forward(mode, step);
  const int outputs[] = {info.batch, info.classes};
  differences_->compare(prefix_ + "probabilities, loss forward", cpu_.probabilities(),
                        cuda_.probabilities(), outputs, false);
  differences_->compare(prefix_ + "losses, loss forward", cpu_.losses(), cuda_.losses(),
                        std::span(outputs).first(1), false);
}

void Verification::run_step(int number) {
  const ProgramInfo& info = cpu_.info();
  const Step step{
      .seed = options_.seed,
      .epoch = 0,
      .number = static_cast<std::uint64_t>(number),
      .learning_rate = learning_rate(info.recipe.schedule, static_cast<std::uint64_t>(number) - 1,
                                     {static_cast<std::uint64_t>(options_.steps), 1})};
  copy_state();
  cpu_.forward(Mode::evaluate, step);
  compare_forward(Mode::evaluate, step);
  cpu_.forward(Mode::train, step);
  cpu_.backward(step);
  const std::vector<Real> gradients(cpu_.gradients().begin(), cpu_.gradients().end());
  cpu_.update(step);

  compare_forward(Mode::train, step);
  cuda_.fetch();
  compare_tensors("", info.statistics, cpu_.statistics(), cuda_.statistics(), false, of_norm);
  backward_ = true;
  segment_ = 0;
  cuda_.backward(step);
  cuda_.fetch();
  compare_tensors("gradient of ", info.parameters, gradients, cuda_.gradients(), true, of_layer);
  std::ranges::copy(gradients, cuda_.gradients().begin());
  cuda_.store();
  cuda_.update(step);
  cuda_.fetch();
  compare_tensors("updated ", info.parameters, cpu_.parameters(), cuda_.parameters(), false,
                  nothing);
  const std::size_t parameters = cpu_.parameters().size();
  for (std::size_t i = 0; i < cpu_.optimizer_state().size(); i += parameters) {
    compare_tensors("optimiser state of ", info.parameters,
                    cpu_.optimizer_state().subspan(i, parameters),
                    cuda_.optimizer_state().subspan(i, parameters), false, of_layer);
  }
  if (cpu_.averages().empty()) return;
  compare_tensors("average of ", info.parameters, cpu_.averages().first(parameters),
                  cuda_.averages().first(parameters), false, nothing);
  compare_tensors("average of ", info.statistics, cpu_.averages().subspan(parameters),
                  cuda_.averages().subspan(parameters), false, of_norm);
}

/// The expected size of a sum of terms of any sign: the largest product of elements, in any place,
/// times the root of the number of terms.
double Verification::magnitude_of(const Terms& terms) {
  if (terms.count == 0) return 0;
  double most = std::sqrt(static_cast<double>(terms.count));
  for (const Region& factor : terms.factors) {
    if (factor.elements == 0) continue;
    double largest = 0;
    for (std::size_t block = 0; block < cpu_.info().batch / std::size_t{kLanes}; ++block) {
      largest = std::max(largest, magnitude(cpu_.activations().subspan(
                                      block * block_ + factor.offset, factor.elements)));
    }
    most *= largest;
  }
  return most;
}

double Verification::terms_of(const TensorInfo& parameter) {
  const auto found =
      std::ranges::find(gradients_, std::string_view(parameter.name),
                        [](const VerifiedGradient& one) { return std::string_view(one.name); });
  return found == gradients_.end() ? 0 : magnitude_of(found->terms);
}

void Verification::compare_segment() {
  for (const VerifiedBuffer& buffer : buffers_) {
    if (buffer.backward == backward_ && buffer.segment == segment_) compare_buffer(buffer);
  }
  ++segment_;
}

/// To [batch][C][H][W] from [C][H][W][kLanes], of each block of images, `block` elements apart.
std::vector<Real> deinterleaved(const Real* values, std::size_t block, int batch,
                                std::size_t image) {
  std::vector<Real> plain(static_cast<std::size_t>(batch) * image);
  for (std::size_t n = 0; n < static_cast<std::size_t>(batch); ++n) {
    const Real* const first = values + n / kLanes * block + n % kLanes;
    for (std::size_t i = 0; i < image; ++i) plain[n * image + i] = first[i * kLanes];
  }
  return plain;
}

void Verification::compare_buffer(const VerifiedBuffer& buffer) {
  const int batch = cpu_.info().batch;
  const auto image = static_cast<std::size_t>(buffer.channels) *
                     static_cast<std::size_t>(buffer.height) *
                     static_cast<std::size_t>(buffer.width);
  const std::vector<Real> expected =
      deinterleaved(cpu_.activations().data() + buffer.cpu_offset, block_, batch, image);
  std::vector<Real> actual(expected.size());
  Device& device = cuda_.network().device();
  Real* const place = cuda_.network().activations().data() + buffer.cuda_offset;
  download<Real>(device.stream(), actual, place);
  CASTNET_CHECK(cudaStreamSynchronize(device.stream()));
  const int shape[] = {batch, buffer.channels, buffer.height, buffer.width};
  differences_->compare(fmt::format("{}{}, {}", prefix_, buffer.name, buffer.writer), expected,
                        actual, shape, buffer.backward, magnitude_of(buffer.terms));
  // The next layer starts from the CPU's values, so that a difference stays in its layer.
  upload<Real>(device.stream(), place, expected);
  CASTNET_CHECK(cudaStreamSynchronize(device.stream()));
}

void Verification::compare_tensors(const char* what, std::span<const TensorInfo> tensors,
                                   std::span<const Real> expected, std::span<const Real> actual,
                                   bool gradient, Least least) {
  for (const TensorInfo& tensor : tensors) {
    std::vector<int> shape;
    for (int i = 0; i < tensor.rank; ++i) shape.push_back(static_cast<int>(tensor.shape[i]));
    differences_->compare(
        std::string(what) + tensor.name, values_of(tensor, expected), values_of(tensor, actual),
        shape, gradient,
        std::max(least(tensor, tensors, expected), gradient ? terms_of(tensor) : 0));
  }
}

}  // namespace

int verify_main(int argc, char** argv, std::unique_ptr<Program> (*make_cpu)(),
                std::unique_ptr<Program> (*make_cuda)(), std::span<const VerifiedBuffer> buffers,
                std::span<const VerifiedGradient> gradients, std::size_t block,
                std::size_t memory) {
  CLI::App app{"Compares the CUDA target of one network with its CPU target."};
  Options options;
  app.add_option("--steps", options.steps, "Number of training steps")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Seed of weights and images")->capture_default_str();
  app.add_option(
         "--tolerance", options.tolerance,
         "Largest difference that counts as rounding, in ULP of a tensor's largest value or "
         "term, or of its layer's largest gradient")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--verbose", options.verbose, "Print every comparison");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    const std::unique_ptr<Program> cpu = make_cpu();
    const std::unique_ptr<Program> cuda = make_cuda();
    return Verification(*cpu, dynamic_cast<DeviceProgram&>(*cuda), buffers, gradients, block,
                        options)
        .run();
  } catch (const std::bad_alloc&) {
    fmt::print(stderr,
               "error: out of memory: the program on the CPU, which keeps every value here, takes "
               "{}; {}\n",
               bytes_text(memory), kLowerBatch);
    return kRunFailed;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return kRunFailed;
  }
}

}  // namespace castnet::cuda
