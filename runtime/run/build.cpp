#include "run/build.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <set>

#include "castnet_shared/json.hpp"

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#ifndef CASTNET_VERSION
#define CASTNET_VERSION "unknown"
#endif
#ifndef CASTNET_FLAGS
#define CASTNET_FLAGS "unknown"
#endif

namespace castnet {
namespace {

using Json = nlohmann::ordered_json;

std::string c_library() {
#ifdef __GLIBC__
  return fmt::format("glibc {}", gnu_get_libc_version());
#else
  return "unknown";
#endif
}

std::string value_of(const Notes& notes, const std::string& key) {
  const auto found = notes.find(key);
  return found == notes.end() ? "none" : found->second;
}

}  // namespace

Notes build_of(const ProgramInfo& info, const Notes& device) {
  Notes build{{"castnet", fmt::format("{} (interface {})", CASTNET_VERSION, kInterface)},
              {"compiler", info.compiler},
              {"flags", CASTNET_FLAGS},
              {"instructions", info.instructions},
              {"libc", c_library()}};
  for (const auto& [key, value] : device) build.insert({"device " + key, value});
  return build;
}

std::string to_json(const std::vector<BuildSpan>& builds) {
  Json all = Json::array();
  for (const BuildSpan& span : builds) {
    all.push_back({{"from_epoch", span.from_epoch}, {"build", span.build}});
  }
  return all.dump();
}

std::vector<BuildSpan> parse_builds(const std::string& text) {
  check_json(text);
  try {
    std::vector<BuildSpan> builds;
    for (const Json& span : Json::parse(text)) {
      builds.push_back({span.at("from_epoch").get<int>(), span.at("build").get<Notes>()});
    }
    return builds;
  } catch (const Json::exception& error) {
    throw JsonError(error.what());
  }
}

std::string what_differs(const Notes& before, const Notes& now) {
  std::set<std::string> keys;
  for (const auto& [key, value] : before) keys.insert(key);
  for (const auto& [key, value] : now) keys.insert(key);
  std::vector<std::string> differences;
  for (const std::string& key : keys) {
    const std::string old = value_of(before, key);
    const std::string own = value_of(now, key);
    if (old != own) differences.push_back(fmt::format("{}: '{}', now '{}'", key, old, own));
  }
  return fmt::format("{}", fmt::join(differences, "; "));
}

}  // namespace castnet
