// The subcommands of castnet, a file each.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace castnet::codegen {

/// What the command that was given does; it returns the exit status
/// (castnet_shared/exit_status.hpp).
using Chosen = std::function<int()>;

/// Each adds its command and that command's options to `app`. Where it is the one that the user
/// gave, parsing the command line sets `chosen`, which must live as long as `app`.
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
