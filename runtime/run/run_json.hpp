// run.json: what was run, and how it ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/notes.hpp"
#include "core/program.hpp"
#include "data/data_set.hpp"
#include "data/normalisation.hpp"
#include "run/checkpoint.hpp"

namespace castnet {

/// What makes a run what it is, as JSON with the keys that run.json has for it: name and variant,
/// seed, epochs, target, number type, castnet's interface number, SHA-256 of data and spec, build,
/// and the device of an Accelerated program.
std::string identity_json(const ProgramInfo& info, const Split& split, const RunIdentity& identity,
                          const Notes& device);

/// How pictures call the network: "NAME", or a variant NAME_VARIANT "NAME (VARIANT)".
std::string network_title(const ProgramInfo& info);

/// What run.json tells besides the identity and the state.
struct RunFacts {
  const ProgramInfo* info = nullptr;
  const Split* split = nullptr;
  std::string title;      ///< of the pictures, without the data set
  std::string spec_text;  ///< empty if unknown
  Normalisation normalisation;
  int threads = 1;
  Notes device = {};  ///< of an Accelerated program
};

/// How a run stands.
struct RunStatus {
  const char* word;          ///< "running", "finished", "interrupted" or "failed"
  std::string failure = {};  ///< what failed
  bool non_finite = false;   ///< that was the loss
};

/// The whole file. `saved` is the step of the state in last.safetensors, as far as that is known;
/// without one, nothing else in the folder belongs to the run yet.
std::string run_json(const RunStatus& status, const RunFacts& facts, const RunIdentity& identity,
                     const TrainingState& state, std::optional<std::uint64_t> saved);

/// What a trainer needs of a run.json.
struct RunRecord {
  RunIdentity identity;
  std::string spec_text;
  std::vector<BuildSpan> builds = {};
  bool saved = true;            ///< a state; earlier castnets' did not tell
  bool finished = false;        ///< with all its files
  bool failed_by_loss = false;  ///< that was not finite
};

/// Nothing if the text is no run.json.
std::optional<RunRecord> parse_run_json(std::string_view text);

}  // namespace castnet
