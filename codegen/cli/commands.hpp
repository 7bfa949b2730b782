// The subcommands of castnet, one per file.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace castnet::codegen {

/// Runs the given command, and returns its exit status (castnet_shared/exit_status.hpp).
using Chosen = std::function<int()>;

/// Each function adds its command and the command's options to `app`. If the user gave that
/// command, parsing the command line sets `chosen`, which must live as long as `app`.
void add_check(CLI::App& app, Chosen& chosen);
void add_diff(CLI::App& app, Chosen& chosen);
void add_generate(CLI::App& app, Chosen& chosen);
void add_train(CLI::App& app, Chosen& chosen);
void add_compare(CLI::App& app, Chosen& chosen);
void add_report(CLI::App& app, Chosen& chosen);
void add_verify(CLI::App& app, Chosen& chosen);
void add_replay(CLI::App& app, Chosen& chosen);
void add_cache(CLI::App& app, Chosen& chosen);
void add_schema(CLI::App& app, Chosen& chosen);

}  // namespace castnet::codegen
