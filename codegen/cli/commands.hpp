// The subcommands of castnet. Each returns the exit status.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace castnet::codegen {

inline constexpr int kFine = 0;
inline constexpr int kCheckFailed = 1;  ///< over budget, stale
inline constexpr int kBadInput = 2;     ///< wrong usage, a bad spec
inline constexpr int kRunFailed = 3;    ///< disk, compiler, training
inline constexpr int kInterrupted = 130;

/// What all subcommands take.
struct Common {
  std::vector<std::string> specs;
  std::vector<std::string> sets;         ///< key=value
  std::optional<std::string> variant;    ///< only this one; "" never given
  std::optional<std::string> templates;  ///< folder instead of the embedded ones
};

struct CheckOptions {
  bool json = false;
  bool plan = false;
};
int check(const Common& common, const CheckOptions& options);

struct DiffOptions {
  std::vector<std::string> variants;  ///< "base": the spec itself
  bool markdown = false;
};
int diff(const Common& common, const DiffOptions& options);

struct GenerateOptions {
  std::string output = "generated";
  std::vector<std::string> targets = {"cpu", "cuda"};
  bool check = false;
};
int generate(const Common& common, const GenerateOptions& options);

struct TrainOptions {
  std::string target = "cpu";
  std::string precision;                   ///< empty: the target's own
  bool host = false;                       ///< on the host implementation of CUDA
  std::vector<std::string> architectures;  ///< of other machines' GPUs; none: the one at hand
  bool build_only = false;
  std::optional<std::string> data;
  std::vector<std::string> trainer_arguments;  ///< --out and what else the trainer takes
};
int train(const Common& common, const TrainOptions& options);

/// In percent, for the epochs to get there.
inline constexpr double kTargetAccuracy = 70;

struct CompareOptions {
  std::vector<std::string> variants;  ///< "base": the spec itself; none: all
  std::uint64_t seeds = 1;            ///< how many, from the spec's on
  std::optional<double> match;        ///< parameters, within so many percent
  unsigned jobs = 0;                  ///< trainings at a time; 0: as many as cores
  unsigned threads = 0;               ///< of each; 0: the cores shared out
  double target = kTargetAccuracy;    ///< accuracy in percent
  bool grad_cam = false;              ///< heat maps, too
  std::optional<std::string> data;
  std::optional<std::string> out;
};
int compare(const Common& common, const CompareOptions& options);

struct ReportOptions {
  std::vector<std::string> runs;  ///< run directories, or folders of comparisons
  std::string output = "report.html";
  std::optional<double> target;  ///< accuracy in percent; else the comparison's own
};
int make_report(const ReportOptions& options);

struct ReplayOptions {
  std::string run;                     ///< run directory
  std::vector<std::string> arguments;  ///< of the trainer
};
int replay(const ReplayOptions& options);

struct VerifyOptions {
  bool host = false;                       ///< not on the GPU
  bool device = false;                     ///< not on the host implementation of CUDA
  std::vector<std::string> architectures;  ///< as TrainOptions'
  std::vector<std::string> includes;       ///< folders of headers that come before castnet's
  bool build_only = false;
  std::vector<std::string> arguments;  ///< of the program that compares
};
int verify(const Common& common, const VerifyOptions& options);
/// Whether the files of a run directory belong together.
int verify_run(const std::string& run);

/// Of the compiled programs that are kept: "list", "size" or "clear".
int show_cache(const std::string& action);

/// Prints the JSON Schema of specs.
int schema();

}  // namespace castnet::codegen
