// castnet: casts a network's YAML spec into C++.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <system_error>

#include "castnet_shared/exit_status.hpp"
#include "castnet_shared/file.hpp"
#include "cli/commands.hpp"
#include "cli/usage.hpp"
#include "emit/render.hpp"
#include "toolchain/build_info.hpp"

namespace castnet::codegen {
namespace {

constexpr char kFooter[] =
    "Exit status:\n"
    "  0    success\n"
    "  1    a check failed (over budget, stale source, mismatch)\n"
    "  2    wrong usage, a bad spec, or a run that cannot be reported\n"
    "  3    the run failed\n"
    "  130  interrupted, with everything saved";

/// Returns the command's status. If a place is not writable, the message says how to name another
/// one.
int run_chosen(const Chosen& chosen) {
  try {
    return chosen();
  } catch (const FileError& error) {
    fmt::print(stderr, "castnet: {}\n", with_advice(error, "--out"));
    return kRunFailed;
  }
}

int run(int argc, char** argv) {
  CLI::App app(
      "castnet turns a YAML spec of an image classifier into the C++ source of its trainer.");
  app.set_version_flag("--version", std::string("castnet ") + kVersion);
  app.footer(kFooter);
  app.require_subcommand(1);
  Chosen chosen;
  add_check(app, chosen);
  add_diff(app, chosen);
  add_generate(app, chosen);
  add_train(app, chosen);
  add_compare(app, chosen);
  add_report(app, chosen);
  add_verify(app, chosen);
  add_replay(app, chosen);
  add_cache(app, chosen);
  add_schema(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    tell_usage(app, error);
    return kBadInput;
  }
  return run_chosen(chosen);
}

}  // namespace
}  // namespace castnet::codegen

int main(int argc, char** argv) {
  using namespace castnet;
  using namespace castnet::codegen;
  try {
    const int status = run(argc, argv);
    // The printed text is the result, which must not be lost, for example on a full disk.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      throw std::system_error(errno, std::generic_category(), "standard output");
    }
    return status;
  } catch (const TemplateError& error) {
    fmt::print(stderr, "castnet: {}\n", error.what());
    return kBadInput;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr,
               "castnet: out of memory; the system, a control group or ulimit -v limits it\n");
    return kRunFailed;
  } catch (const std::filesystem::filesystem_error& error) {
    fmt::print(stderr, "castnet: cannot use '{}': {}\n", error.path1().string(),
               error.code().message());
    return kRunFailed;
  } catch (const std::exception& error) {
    fmt::print(stderr, "castnet: {}\n", error.what());
    return kRunFailed;
  }
}
