#include "run/checkpoint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <span>
#include <type_traits>

#include "castnet_shared/file.hpp"
#include "castnet_shared/json.hpp"
#include "castnet_shared/limits.hpp"
#include "castnet_shared/sha256.hpp"
#include "core/from_chars.hpp"
#include "run/weights.hpp"

namespace castnet {
namespace {

static_assert(std::endian::native == std::endian::little, "checkpoints are little endian");

constexpr const char* kOptimizerState = "castnet.optimizer_state";
constexpr const char* kAverages = "castnet.averages";
constexpr const char* kCheckSum = "sha256";  // in the metadata
constexpr const char* kBuilds = "builds";    // likewise
constexpr const char* kRealConversion = sizeof(Real) == 4 ? "float()" : "double()";

StoredTensor store(std::string name, std::vector<std::int64_t> shape, std::span<const Real> data) {
  return {std::move(name), kRealType, std::move(shape),
          std::string(reinterpret_cast<const char*>(data.data()), data.size_bytes())};
}

StoredTensor store_flat(std::string name, std::span<const Real> data) {
  return store(std::move(name), {std::ssize(data)}, data);
}

std::vector<std::int64_t> shape_of(const TensorInfo& info) {
  return {info.shape, info.shape + info.rank};
}

/// Calls `visit(tensor, values)` for all parameters, then all running statistics.
template <class Visit>
void each_tensor(const ProgramInfo& info, const Weights& weights, const Visit& visit) {
  for (const TensorInfo& t : info.parameters) {
    visit(t, weights.parameters.subspan(t.offset, t.elements));
  }
  for (const TensorInfo& t : info.statistics) {
    visit(t, weights.statistics.subspan(t.offset, t.elements));
  }
}

std::string described(std::string_view type, std::span<const std::int64_t> shape) {
  return fmt::format("{} [{}]", type, fmt::join(shape, ", "));
}

/// Why the file's tensor does not fit the program's of this name and shape; empty if it does.
std::string misfit(const SafeTensors& file, const std::string& name,
                   const std::vector<std::int64_t>& shape, std::size_t bytes) {
  const StoredTensor* tensor = file.find(name);
  const std::string own = described(kRealType, shape);
  if (tensor == nullptr)
    return fmt::format("tensor '{}' is missing, the program's is {}", name, own);
  const std::string stored = described(tensor->type, tensor->shape);
  if (tensor->shape != shape) {
    return fmt::format("tensor '{}' is {}, the program's is {}", name, stored, own);
  }
  if (tensor->type != kRealType) {
    return fmt::format("tensor '{}' is {}, the program's is {}: convert it, with PyTorch's {}",
                       name, stored, own, kRealConversion);
  }
  if (tensor->data.size() != bytes) {
    return fmt::format("tensor '{}' has {} bytes, {} are expected", name, tensor->data.size(),
                       bytes);
  }
  return "";
}

/// Throws CheckpointError if there are problems, with the first of them.
void throw_if_any(const std::vector<std::string>& problems, const std::string& file_name) {
  constexpr std::size_t kMost = 8;
  if (problems.empty()) return;
  const auto shown = std::span(problems).first(std::min(kMost, problems.size()));
  throw CheckpointError(fmt::format(
      "{}: {}{}", file_name, fmt::join(shown, "; "),
      shown.size() < problems.size() ? fmt::format("; and {} more", problems.size() - shown.size())
                                     : ""));
}

void copy_tensor(const SafeTensors& file, const std::string& name, std::span<Real> target) {
  std::memcpy(target.data(), file.find(name)->data.data(), target.size_bytes());
}

void load_flat(const SafeTensors& file, const std::string& name, std::span<Real> target,
               const std::string& file_name) {
  const std::string problem = misfit(file, name, {std::ssize(target)}, target.size_bytes());
  if (!problem.empty()) throw_if_any({problem}, file_name);
  copy_tensor(file, name, target);
}

/// Whether a file may have this tensor besides the program's: a run's state, or the number of
/// batches that PyTorch's norms count beside their running statistics.
bool is_beside(std::string_view name) {
  return name == kOptimizerState || name == kAverages ||
         name.substr(name.rfind('.') + 1) == "num_batches_tracked";
}

/// The named tensors. Throws CheckpointError, before it copies any, if some do not fit or there are
/// others that castnet does not know.
void load_named(const SafeTensors& file, const ProgramInfo& info, const Weights& target,
                const std::string& file_name) {
  std::vector<std::string> problems;
  std::set<std::string_view> known;
  each_tensor(info, target, [&](const TensorInfo& t, std::span<Real> values) {
    known.insert(t.name);
    const std::string problem = misfit(file, t.name, shape_of(t), values.size_bytes());
    if (!problem.empty()) problems.push_back(problem);
  });
  for (const StoredTensor& tensor : file.tensors) {
    if (known.contains(tensor.name) || is_beside(tensor.name)) continue;
    problems.push_back(fmt::format("tensor '{}', {}, is none of '{}'", tensor.name,
                                   described(tensor.type, tensor.shape), info.name));
  }
  throw_if_any(problems, file_name);
  each_tensor(info, target, [&](const TensorInfo& t, std::span<Real> values) {
    copy_tensor(file, t.name, values);
  });
}

const std::string& metadata(const SafeTensors& file, const std::string& key,
                            const std::string& file_name) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) {
    throw CheckpointError(fmt::format(
        "{}: '{}' is missing in its metadata; only the last.safetensors of this castnet "
        "holds what a run needs to continue",
        file_name, key));
  }
  return found->second;
}

[[noreturn]] void fail_damaged(const std::string& key, std::string_view text,
                               const std::string& file_name) {
  throw CheckpointError(fmt::format("{}: '{}' is damaged: '{:.200}'", file_name, key, text));
}

template <typename T>
T number(const SafeTensors& file, const std::string& key, const std::string& file_name,
         std::type_identity_t<T> most = std::numeric_limits<T>::max()) {
  const std::string& text = metadata(file, key, file_name);
  T value{};
  std::from_chars_result result{};
  const char* const end = text.data() + text.size();
  if constexpr (std::is_floating_point_v<T>) {
    result = from_chars(text.data(), end, value, std::chars_format::hex);
  } else {
    result = from_chars(text.data(), end, value);
  }
  bool good = result.ec == std::errc{} && result.ptr == end && value >= 0 && value <= most;
  if constexpr (std::is_floating_point_v<T>) good = good && std::isfinite(value);
  if (!good) fail_damaged(key, text, file_name);
  return value;
}

/// SHA-256 of the file as it would be without a check sum.
std::string check_sum(SafeTensors file) {
  file.metadata.erase(kCheckSum);
  return sha256_hex(serialise(file));
}

/// `otherwise` is what to do if the file cannot be restored.
void verify(const SafeTensors& file, const std::string& file_name, std::string_view otherwise) {
  if (metadata(file, kCheckSum, file_name) == check_sum(file)) return;
  throw CheckpointError(
      fmt::format("{}: damaged: its contents are not those of its check sum; restore the file{}",
                  file_name, otherwise));
}

/// In hexadecimal, every bit kept; without 0x, as from_chars reads it.
std::string exact(double value) {
  std::array<char, 64> text{};
  const auto result =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::hex);
  return {text.data(), result.ptr};
}

void check_same(std::string_view what, std::string_view saved, std::string_view now,
                const std::string& file_name) {
  if (saved == now) return;
  throw MismatchError(
      fmt::format("cannot resume: {} was made with {} '{}', this run has '{}'; restore it, or "
                  "start a new run without --resume or with another --out",
                  file_name, what, saved, now));
}

SafeTensors file_of(const Weights& weights, const ProgramInfo& info, const RunIdentity& identity) {
  SafeTensors file;
  each_tensor(info, weights, [&file](const TensorInfo& t, std::span<const Real> values) {
    file.tensors.push_back(store(t.name, shape_of(t), values));
  });
  file.metadata = {{"format", "pt"},
                   {"name", identity.name},
                   {"variant", identity.variant},
                   {"spec_sha256", identity.spec_sha256},
                   {"data_sha256", identity.data_sha256},
                   {"seed", std::to_string(identity.seed)},
                   {"epochs", std::to_string(identity.epochs)}};
  return file;
}

/// The rows of a run so far: one an epoch, from the first on.
std::vector<EpochRow> stored_rows(const SafeTensors& file, const std::string& file_name) {
  const std::string text = metadata(file, "metrics", file_name);
  try {
    std::vector<EpochRow> rows = parse_metrics_csv(text);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].epoch != static_cast<int>(i) + 1) fail_damaged("metrics", text, file_name);
    }
    return rows;
  } catch (const MetricsError& error) {
    throw CheckpointError(fmt::format("{}: {}", file_name, error.what()));
  }
}

/// Earlier castnets did not write the build, so it is unknown.
std::vector<BuildSpan> stored_builds(const SafeTensors& file, const std::string& file_name) {
  const auto found = file.metadata.find(kBuilds);
  if (found == file.metadata.end()) return {{1, {{"castnet", "unknown"}}}};
  try {
    return parse_builds(found->second);
  } catch (const JsonError&) {
    fail_damaged(kBuilds, found->second, file_name);
  }
}

TrainingState training_state(const SafeTensors& file, const std::string& file_name) {
  constexpr double kMostSeconds = 1e9;  // of an epoch: 30 years
  TrainingState state;
  state.step = number<std::uint64_t>(file, "step", file_name);
  state.epoch = number<std::uint32_t>(file, "epoch", file_name, kMostEpochs);
  state.position = number<std::uint64_t>(file, "position", file_name);
  state.loss_sum = number<double>(file, "loss_sum", file_name);
  state.correct = number<std::uint64_t>(file, "correct", file_name);
  state.seconds = number<double>(file, "seconds", file_name, kMostSeconds);
  state.best_epoch = number<int>(file, "best_epoch", file_name, kMostEpochs);
  state.best_correct = number<std::uint64_t>(file, "best_correct", file_name);
  state.best_loss = number<double>(file, "best_loss", file_name);
  state.rows = stored_rows(file, file_name);
  state.builds = stored_builds(file, file_name);
  return state;
}

}  // namespace

SafeTensors weights_file(Program& program, const RunIdentity& identity) {
  return file_of(evaluated_weights(program), program.info(), identity);
}

SafeTensors state_file(Program& program, const RunIdentity& identity, const TrainingState& state) {
  SafeTensors file = file_of(trained_weights(program), program.info(), identity);
  file.tensors.push_back(store_flat(kOptimizerState, program.optimizer_state()));
  const std::span<const Real> averages = program.averages();
  if (!averages.empty()) file.tensors.push_back(store_flat(kAverages, averages));
  file.metadata.insert({{"step", std::to_string(state.step)},
                        {"epoch", std::to_string(state.epoch)},
                        {"position", std::to_string(state.position)},
                        {"loss_sum", exact(state.loss_sum)},
                        {"correct", std::to_string(state.correct)},
                        {"seconds", exact(state.seconds)},
                        {"best_epoch", std::to_string(state.best_epoch)},
                        {"best_correct", std::to_string(state.best_correct)},
                        {"best_loss", exact(state.best_loss)},
                        {"metrics", metrics_csv(state.rows)},
                        {kBuilds, to_json(state.builds)}});
  file.metadata[kCheckSum] = check_sum(file);
  return file;
}

void load_weights(const SafeTensors& file, Program& program, const std::string& file_name) {
  if (file.metadata.contains(kCheckSum)) verify(file, file_name, ", or take another checkpoint");
  if (file.find(kAverages) == nullptr) {
    load_named(file, program.info(), evaluated_weights(program), file_name);
  } else {
    load_named(file, program.info(), trained_weights(program), file_name);
    load_flat(file, kAverages, program.averages(), file_name);
  }
  program.store();
}

RunIdentity stored_identity(const SafeTensors& file, const std::string& file_name) {
  RunIdentity identity;
  identity.name = metadata(file, "name", file_name);
  identity.variant = metadata(file, "variant", file_name);
  identity.spec_sha256 = metadata(file, "spec_sha256", file_name);
  identity.data_sha256 = metadata(file, "data_sha256", file_name);
  identity.seed = number<std::uint64_t>(file, "seed", file_name);
  identity.epochs = number<int>(file, "epochs", file_name, kMostEpochs);
  return identity;
}

TrainingState load_state(const SafeTensors& file, Program& program, const RunIdentity& identity,
                         const std::string& file_name) {
  verify(file, file_name, ", or start a new run without --resume");
  const RunIdentity saved = stored_identity(file, file_name);
  check_same("name", saved.name, identity.name, file_name);
  check_same("variant", saved.variant, identity.variant, file_name);
  check_same("spec SHA-256", saved.spec_sha256, identity.spec_sha256, file_name);
  check_same("data SHA-256", saved.data_sha256, identity.data_sha256, file_name);
  check_same("seed", std::to_string(saved.seed), std::to_string(identity.seed), file_name);
  check_same("epochs", std::to_string(saved.epochs), std::to_string(identity.epochs), file_name);
  load_named(file, program.info(), trained_weights(program), file_name);
  load_flat(file, kOptimizerState, program.optimizer_state(), file_name);
  if (!program.averages().empty()) load_flat(file, kAverages, program.averages(), file_name);
  program.store();
  return training_state(file, file_name);
}

SafeTensors read_checkpoint(const std::filesystem::path& path) {
  return parse_safetensors(read_regular_file(path, kMostCheckpoint), path.string());
}

void load_best(const SafeTensors& file, Program& program, const TrainingState& state,
               const std::string& file_name) {
  load_weights(file, program, file_name);
  if (weights_sha256(program) != best_epoch(state).weights_sha256) {
    throw CheckpointError(
        fmt::format("{}: not the weights of this run's best epoch, {}; restore the file, or start "
                    "a new run without --resume",
                    file_name, state.best_epoch));
  }
}

std::string weights_sha256(Program& program) {
  Sha256 hash;
  each_tensor(
      program.info(), evaluated_weights(program),
      [&hash](const TensorInfo&, std::span<const Real> values) {
        hash.update({reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()});
      });
  return hash.hex();
}

}  // namespace castnet
