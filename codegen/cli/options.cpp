#include "cli/options.hpp"

#include "targets/target.hpp"

namespace castnet::codegen {

CLI::Validator not_empty() {
  return {[](const std::string& text) { return text.empty() ? "is empty" : std::string(); }, ""};
}

CLI::Range thread_count() { return CLI::Range(1, 4096); }

std::vector<std::string> target_names() {
  std::vector<std::string> names;
  for (const Target& target : targets()) names.emplace_back(target.name);
  return names;
}

CLI::Option* add_list(CLI::App& command, const char* name, std::vector<std::string>& values,
                      const char* help) {
  return command.add_option(name, values, help)
      ->expected(1)
      ->allow_extra_args(false)
      ->check(not_empty())
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::Option* add_passed(CLI::App& command, std::vector<std::string>& arguments,
                        const std::string& name, const char* help) {
  return command.add_option_function<std::string>(
      name,
      [&arguments, option = name.substr(name.rfind(',') + 1)](const std::string& value) {
        arguments.insert(arguments.end(), {option, value});
      },
      help);
}

void add_sets(CLI::App& command, SpecOptions& specs) {
  add_list(command, "--set", specs.sets, "replace a value, e.g. --set train.epochs=5 (repeatable)");
}

void add_specs(CLI::App& command, SpecOptions& specs, bool many) {
  auto* files =
      command.add_option("SPEC", specs.files, "spec file (YAML); - stands for standard input")
          ->required();
  if (!many) files->expected(1);
  command.add_option("--variant", specs.variant,
                     "take this variant alone; base is the spec itself");
  add_sets(command, specs);
}

void add_templates(CLI::App& command, SpecOptions& specs, const char* help) {
  command.add_option("--templates", specs.templates, help)->check(CLI::ExistingDirectory);
}

CLI::Option* add_target(CLI::App& command, BuildOptions& build) {
  command.add_option("--target", build.target, "target to build for")
      ->check(CLI::IsMember(target_names()))
      ->capture_default_str();
  command
      .add_option("--precision", build.precision,
                  "precision of the cuda target: fp32 (default), tf32 (convolutions on tensor "
                  "cores) or bf16 (activations in bfloat16, too)")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}));
  return command.add_flag(
      "--host", build.host,
      "run the cuda target on the host implementation of CUDA and cuDNN (slow; for tests)");
}

CLI::Option* add_build(CLI::App& command, bool& build_only, std::vector<std::string>& architectures,
                       const char* help) {
  auto* build = command.add_flag("--build-only", build_only, help);
  return add_list(command, "--arch", architectures,
                  "compile for these GPU architectures of another machine, e.g. 90 or 80,90, "
                  "instead of this machine's GPU")
      ->delimiter(',')
      ->needs(build);
}

}  // namespace castnet::codegen
