// castnet cache: lists and removes the compiled programs that are kept.
#include "toolchain/cache.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <numeric>

#include "castnet_shared/exit_status.hpp"
#include "castnet_shared/words.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"

namespace castnet::codegen {
namespace {

std::uint64_t bytes_of(const std::vector<CacheEntry>& entries) {
  return std::accumulate(
      entries.begin(), entries.end(), std::uint64_t(0),
      [](std::uint64_t sum, const CacheEntry& entry) { return sum + entry.bytes; });
}

std::string size_text(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

/// The time of last use, in the time zone of this machine.
std::string time_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm local{};
  localtime_r(&time, &local);
  return fmt::format("{:%Y-%m-%d %H:%M}", local);
}

void print_size(const std::vector<CacheEntry>& entries) {
  fmt::print("{}, {} in {}\n", counted(entries.size(), "program"), size_text(bytes_of(entries)),
             Cache::place().string());
}

void print_list(const std::vector<CacheEntry>& entries) {
  const auto widest = [&](std::string CacheEntry::*column, std::size_t least) {
    for (const CacheEntry& entry : entries) least = std::max(least, (entry.*column).size());
    return least;
  };
  const std::size_t name = widest(&CacheEntry::name, 5), network = widest(&CacheEntry::network, 7);
  if (!entries.empty()) {
    fmt::print("{:{}}  {:{}}  {:>12}  last used\n", "entry", name, "network", network, "size");
  }
  for (const CacheEntry& entry : entries) {
    fmt::print("{:{}}  {:{}}  {:>12}  {}\n", entry.name, name, entry.network, network,
               size_text(entry.bytes), time_text(entry.last_used));
  }
  print_size(entries);
}

int clear(const Cache& cache) {
  const std::uint64_t before = bytes_of(cache.entries());
  const std::vector<CacheEntry> kept = cache.clear();
  fmt::print("{} removed from {}\n", size_text(before - bytes_of(kept)), cache.path().string());
  for (const CacheEntry& entry : kept) {
    fmt::print(stderr, "castnet: {} stays: it is in use\n", entry.name);
  }
  return kFine;
}

/// "list", "size" or "clear".
int show_cache(const std::string& action) {
  // Listing does not create the folder.
  if (!std::filesystem::exists(Cache::place())) {
    print_size({});
    return kFine;
  }
  try {
    const Cache cache;
    if (action == "clear") return clear(cache);
    action == "size" ? print_size(cache.entries()) : print_list(cache.entries());
    return kFine;
  } catch (const FileError& error) {
    fmt::print(stderr, "castnet: {}\n", error.what());
    return kRunFailed;
  }
}

}  // namespace

void add_cache(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("cache", "show or clear the compiled programs that are kept");
  auto action = std::make_shared<std::string>("list");
  command
      ->add_option("ACTION", *action,
                   "list: print each program with its network, size and last use; size: print the "
                   "total size; clear: remove all programs that are not in use")
      ->check(CLI::IsMember({"list", "size", "clear"}))
      ->capture_default_str();
  command->callback([&chosen, action] { chosen = [action] { return show_cache(*action); }; });
}

}  // namespace castnet::codegen
