// run.json: the settings and the outcome of a run.
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

/// The identity of a run as JSON, with the keys of run.json: name and variant, seed, epochs,
/// target, number type, castnet's interface number, SHA-256 of data and spec, build, and the device
/// of an Accelerated program.
std::string identity_json(const ProgramInfo& info, const Split& split, const RunIdentity& identity,
                          const Notes& device);

/// The name of the network in pictures: "NAME", or "NAME (VARIANT)" for a variant NAME_VARIANT.
std::string network_title(const ProgramInfo& info);

/// The contents of run.json besides the identity and the state.
struct RunFacts {
  const ProgramInfo* info = nullptr;
  const Split* split = nullptr;
  std::string title;      ///< of the pictures, without the data set
  std::string spec_text;  ///< empty if unknown
  Normalisation normalisation;
  int threads = 1;
  Notes device = {};  ///< facts about the device of an Accelerated program
};

/// The status of a run.
struct RunStatus {
  const char* word;          ///< "running", "finished", "interrupted" or "failed"
  std::string failure = {};  ///< the error message
  bool non_finite = false;   ///< whether the loss was not finite
};

/// The whole file. `saved` is the step of the state in last.safetensors, if it is known. Without
/// it, no other file in the folder belongs to the run yet.
std::string run_json(const RunStatus& status, const RunFacts& facts, const RunIdentity& identity,
                     const TrainingState& state, std::optional<std::uint64_t> saved);

/// The facts in a run.json that a trainer needs.
struct RunRecord {
  RunIdentity identity;
  std::string spec_text;
  std::vector<BuildSpan> builds = {};
  bool saved = true;            ///< whether there is a state; earlier castnets did not write this
  bool finished = false;        ///< whether it is finished, with all its files
  bool failed_by_loss = false;  ///< whether it failed because the loss was not finite
};

/// Returns nothing if the text is not a run.json.
std::optional<RunRecord> parse_run_json(std::string_view text);

}  // namespace castnet
