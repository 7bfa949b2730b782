// The cache of compiled programs: whose it is, what goes, what stays, and full disks.
#include <unistd.h>

#include "support.hpp"

namespace {

using namespace castnet::test;

/// Quick to compile.
const char* const kTiny =
    "name: tiny\ndata: shapes\nlayers: F1:10\ntrain: {epochs: 1, batch: 512}\n";

const char* const kBuild = "train s.yaml --build-only";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// Plants an entry that was last used so many days ago.
void plant(const Folder& folder, const std::string& name, int days, const std::string& size = "1") {
  const std::string path = "cache/castnet/" + name;
  const Result made =
      folder.shell("mkdir -m 700 " + path + " && truncate -s " + size + " " + path +
                   "/trainer && touch " + path + "/.lock && touch -d '" + std::to_string(days) +
                   " days ago' " + path + "/* " + path + "/.lock");
  REQUIRE(made.status == 0);
}

TEST_CASE("what was long not used and what killed compilers left goes, what is in use stays") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml", kTiny);
  const auto there = [&](const std::string& name) { return folder.has("cache/castnet/" + name); };
  const Result none = folder.castnet("cache");
  CHECK(none.status == 0);
  CHECK(none.output == "0 programs, 0.0 MiB in cache/castnet\n");
  CHECK_FALSE(folder.has("cache"));
  REQUIRE(folder.shell("mkdir -p -m 700 cache/castnet").status == 0);
  plant(folder, "old-0000000000000001", 61);
  plant(folder, "busy-0000000000000002", 61);
  plant(folder, "recent-0000000000000003", 59);
  plant(folder, "large-0000000000000004", 2, "2G");
  plant(folder, ".0000000000000005.999.building", 0);
  plant(folder, ".0000000000000006.998.building", 0);
  folder.write("elsewhere/mine", "of another");
  folder.write("cache/castnet/notes", "of another");
  REQUIRE(folder.shell("ln -s ../../elsewhere cache/castnet/link-0000000000000007").status == 0);
  REQUIRE(
      folder.shell("ln -s ../../../elsewhere cache/castnet/old-0000000000000001/inner").status ==
      0);
  const std::string held =
      "cd cache/castnet; flock -s busy-0000000000000002/.lock -c 'flock "
      ".0000000000000006.998.building/.lock -c \"cd ../..; ";
  const auto castnet = [&](const std::string& arguments) {
    return folder.shell(held + "\\\"" CASTNET_PROGRAM "\\\" " + arguments + " 2>&1\"'");
  };

  const Result built = castnet(kBuild);
  INFO(built.output);
  REQUIRE(built.status == 0);
  CHECK_FALSE(there("old-0000000000000001"));
  CHECK(there("busy-0000000000000002"));
  CHECK(there("recent-0000000000000003"));
  CHECK_FALSE(there("large-0000000000000004"));
  CHECK_FALSE(there(".0000000000000005.999.building"));
  CHECK(there(".0000000000000006.998.building"));

  const Result list = folder.castnet("cache list");
  INFO(list.output);
  CHECK(list.status == 0);
  CHECK(list.output.starts_with("entry "));
  CHECK(contains(list.output, "  tiny "));
  CHECK(list.output.find("tiny-") < list.output.find("recent-"));
  CHECK(list.output.find("recent-") < list.output.find("busy-"));
  CHECK(contains(list.output, "\n3 programs, "));
  const Result size = folder.castnet("cache size");
  CHECK(size.output.starts_with("3 programs, "));

  const Result cleared = castnet("cache clear");
  INFO(cleared.output);
  CHECK(cleared.status == 0);
  CHECK(contains(cleared.output, "castnet: busy-0000000000000002 stays: it is in use\n"));
  CHECK(contains(cleared.output, " MiB removed from cache/castnet\n"));
  CHECK(there("busy-0000000000000002/trainer"));
  CHECK_FALSE(there("recent-0000000000000003"));
  CHECK(folder.castnet("cache size").output.starts_with("1 program, "));
  // What is not castnet's own is left alone.
  CHECK(folder.read("cache/castnet/notes") == "of another");
  CHECK(folder.read("elsewhere/mine") == "of another");
  CHECK(folder.castnet("cache purge").status == 2);
}

/// Prints what castnet puts on the disk and what it renames, in order.
const char* const kRecorder = R"(
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
int fsync(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t size = readlink(link, path, sizeof path);
  fprintf(stderr, "fsync %.*s\n", (int)size, path);
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}
int renameat(int old_folder, const char* old_name, int folder, const char* name) {
  fprintf(stderr, "rename %s to %s\n", old_name, name);
  return ((int (*)(int, const char*, int, const char*))dlsym(RTLD_NEXT, "renameat"))(
      old_folder, old_name, folder, name);
}
)";

TEST_CASE("a program gets its name when it is on the disk") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml", kTiny);
  folder.write("recorder.c", kRecorder);
  REQUIRE(folder.shell("cc -shared -fPIC -o recorder.so recorder.c -ldl 2>&1").status == 0);
  const std::string recorded = "LD_PRELOAD=\"$(pwd -P)/recorder.so\" ";
  if (folder.shell(recorded + castnet_command("--version")).status != 0) {
    WARN("SKIPPED: castnet's system calls cannot be recorded here");
    return;
  }
  const Result built = folder.shell(recorded + castnet_command(kBuild));
  INFO(built.output);
  REQUIRE(built.status == 0);
  const std::string& log = built.output;
  const std::size_t renamed = log.find(" to tiny-");
  REQUIRE(renamed != std::string::npos);
  // The program, its folder with the name in it, and then the cache's folder with the new name.
  const std::size_t program = log.find("/trainer\n");
  CHECK(program < renamed);
  CHECK(log.find(".building\n", program) < renamed);
  CHECK(log.find("/cache/castnet\n", renamed) != std::string::npos);
}

TEST_CASE("castnet runs nothing that others may have put into the cache") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml", kTiny);
  folder.write("planted", "#!/bin/sh\ntouch ran\n");
  const Result built = folder.shell("umask 002; " + castnet_command(kBuild) + " | tail -n 1");
  INFO(built.output);
  const std::string trainer = first_line(built.output);
  REQUIRE(folder.has(trainer));
  const std::string entry = fs::path(trainer).parent_path().string();
  const auto refused = [&](const std::string& tamper, const std::string& restore,
                           const std::string& why) {
    REQUIRE(folder.shell("chmod 755 planted; " + tamper).status == 0);
    for (const std::string command : {"train s.yaml --out run", "train s.yaml --build-only"}) {
      const Result result = folder.castnet(command);
      INFO(result.output);
      CHECK(result.status == 3);
      CHECK(contains(result.output, why));
      CHECK(contains(result.output, "set XDG_CACHE_HOME to a folder of your own"));
      CHECK_FALSE(folder.has("ran"));
      CHECK_FALSE(folder.has("run"));
    }
    REQUIRE(folder.shell(restore).status == 0);
  };
  refused("mv " + trainer + " kept; ln -s ../../../planted " + trainer, "mv kept " + trainer,
          "it is no regular file of this user's");
  refused("mv " + entry + " kept; cp planted kept/; ln -s ../../kept " + entry,
          "rm " + entry + "; mv kept " + entry, "it is a symbolic link");
  refused("chmod 775 " + entry, "chmod 700 " + entry, "others may write to it");
  refused("chmod 1777 cache/castnet", "chmod 700 cache/castnet", "others may write to it");
  if (::geteuid() == 0) {
    refused("chown 12345 cache/castnet", "chown 0 cache/castnet", "it belongs to user 12345");
    refused("chown 12345 " + entry, "chown 0 " + entry, "it belongs to user 12345");
    refused("chown 12345 " + trainer, "chown 0 " + trainer, "it is no regular file of this user's");
  } else {
    WARN("SKIPPED: only root can give files to another user");
  }
  const Result fine = folder.castnet("train s.yaml --out run");
  INFO(fine.output);
  CHECK(fine.status == 0);
  CHECK_FALSE(contains(fine.output, "compiling"));
  CHECK(folder.has("run/last.safetensors"));
}

TEST_CASE("a damaged program is compiled again") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml", kTiny);
  const Result built = folder.shell(castnet_command(kBuild) + " 2>/dev/null");
  const std::string trainer = first_line(built.output);
  REQUIRE(folder.has(trainer));
  const std::string whole = folder.read(trainer);
  const std::string damage = GENERATE("truncate -s 0 ", "truncate -s -1 ", "truncate -s 100K ",
                                      "printf x | dd bs=1 seek=5000 conv=notrunc status=none of=",
                                      "rm $(dirname TRAINER)/trainer.sha256; true ");
  std::string command = damage + trainer;
  if (const auto at = command.find("TRAINER"); at != std::string::npos) {
    command.replace(at, 7, trainer);
  }
  REQUIRE(folder.shell(command).status == 0);
  const Result again = folder.castnet("train s.yaml --out run");
  INFO(damage << "\n" << again.output);
  CHECK(again.status == 0);
  CHECK(contains(again.output, "/castnet/" + fs::path(trainer).parent_path().filename().string() +
                                   " is damaged or incomplete\n"));
  CHECK(contains(again.output, "castnet: compiling tiny into "));
  CHECK(folder.has("run/last.safetensors"));
  CHECK(folder.read(trainer).size() == whole.size());
  CHECK_FALSE(contains(folder.castnet("train s.yaml --out run").output, "compiling"));
}

TEST_CASE("another processor or another compiler has a program of its own") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml", kTiny);
  const auto entries = [&] { return folder.shell("ls cache/castnet").output; };
  REQUIRE(folder.castnet(kBuild).status == 0);
  const std::string one = entries();
  REQUIRE(folder.castnet(kBuild).status == 0);
  CHECK(entries() == one);
  // Another machine that shares the home directory: its processor lacks the last instruction set.
  const std::string elsewhere =
      "unshare -rm sh -c 'sed \"s/^\\(flags.*\\|Features.*\\) [^ ]*$/\\1/\" /proc/cpuinfo > "
      "cpuinfo && "
      "mount --bind cpuinfo /proc/cpuinfo && ";
  if (folder.shell(elsewhere + "true' 2>&1").status != 0) {
    WARN("SKIPPED: nothing can be mounted here, another processor was not tried");
    return;
  }
  const Result other = folder.shell(elsewhere + "\"" CASTNET_PROGRAM "\" " + kBuild + "' 2>&1");
  INFO(other.output);
  CHECK(other.status == 0);
  CHECK(contains(other.output, "castnet: compiling tiny into "));
  CHECK(entries().size() == 2 * one.size());
}

TEST_CASE("a cache on a file system without programs is told before anything is compiled") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml", kTiny);
  const std::string mounted =
      "unshare -rm sh -c 'mkdir -p cache && mount -t tmpfs -o noexec none cache && ";
  if (folder.shell(mounted + "true' 2>&1").status != 0) {
    WARN("SKIPPED: no file system can be mounted here, noexec was not tried");
    return;
  }
  const Result result = folder.shell(mounted + "\"" CASTNET_PROGRAM "\" " + kBuild + "' 2>&1");
  INFO(result.output);
  CHECK(result.status == 3);
  CHECK(contains(result.output, "cache/castnet': its file system is mounted with noexec"));
  CHECK(contains(result.output, "set XDG_CACHE_HOME to a folder of your own"));
  CHECK_FALSE(contains(result.output, "compiling"));
}

TEST_CASE("without HOME the cache is in the home that the system knows, and never in /tmp") {
  const Folder folder(Folder::Cache::own);
  const std::string homeless = "env -u HOME -u XDG_CACHE_HOME ";
  const Result home = folder.shell("getent passwd $(id -u) | cut -d: -f6");
  if (first_line(home.output).empty()) {
    WARN("SKIPPED: this user has no home");
  } else {
    // It only looks.
    const Result result = folder.shell(homeless + castnet_command("cache size"));
    INFO(result.output);
    CHECK(contains(result.output, " in " + first_line(home.output) + "/.cache/castnet\n"));
  }
  const std::string stranger = "setpriv --reuid 12345 --clear-groups ";
  if (folder.shell(stranger + castnet_command("--version")).status != 0) {
    WARN("SKIPPED: castnet cannot be run as a user without a home here");
    return;
  }
  const Result result = folder.shell(stranger + homeless + castnet_command("cache size"));
  INFO(result.output);
  CHECK(result.status == 3);
  CHECK(contains(result.output,
                 "castnet: no folder for compiled programs: neither XDG_CACHE_HOME nor HOME is "
                 "set, and user 12345 has no home; set XDG_CACHE_HOME to a folder of your own\n"));
}

TEST_CASE("a cache on a full disk says so, and keeps nothing half made") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml", kTiny);
  const std::string mounted = "unshare -rm sh -c 'mkdir -p cache && mount -t tmpfs -o size=";
  if (folder.shell(mounted + "16k none cache' 2>&1").status != 0) {
    WARN("SKIPPED: no file system can be mounted here, the full disk was not tried");
    return;
  }
  // The first has no room for the source, the second none for what the compiler makes of it.
  const std::string size = GENERATE("16k", "160k");
  const Result full =
      folder.shell(mounted + size + " none cache && \"" CASTNET_PROGRAM "\" " + kBuild +
                   "; echo status $?; find cache/castnet -mindepth 1 -not -name .lock' 2>&1");
  INFO(full.output);
  CHECK(full.output.ends_with("status 3\n"));
  CHECK(contains(full.output, "No space left on device"));
  CHECK(contains(full.output,
                 "the disk of 'cache/castnet', where castnet compiles, is full or nearly so: "));
  CHECK(contains(full.output, "set XDG_CACHE_HOME to a folder on another disk\n"));
}

}  // namespace
