// The cuda target's programs, where there is no GPU: built for another machine's, or for the host
// implementation of CUDA.
#include "../runtime/idx_files.hpp"
#include "support.hpp"

namespace {

using namespace castnet::test;

/// That a command is refused with status 2, before anything is compiled.
void refuse(const Folder& folder, const std::string& command, const std::string& message) {
  const Result result = folder.castnet(command);
  INFO(command << '\n' << result.output);
  CHECK(result.status == 2);
  CHECK(contains(result.output, message));
  CHECK_FALSE(contains(result.output, "compiling"));
}

TEST_CASE("what a cuda program is built for is checked before it is compiled") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  refuse(folder, "train s.yaml --target cuda --arch 90", "--arch requires --build-only");
  refuse(folder, "train s.yaml --build-only --arch 90",
         "castnet train: --arch needs --target cuda; the target cpu does not have it\n");
  refuse(folder, "train s.yaml --host",
         "castnet train: --host needs --target cuda; the target cpu does not have it\n");
  refuse(folder, "train s.yaml --target cuda --host --build-only --arch 90", "excludes");
  refuse(folder, "verify s.yaml --build-only --arch 90", "--arch requires --device");
  refuse(folder, "verify s.yaml --device --arch 90", "--arch requires --build-only");
  refuse(folder, "verify s.yaml --device --host", "excludes");
}

TEST_CASE("an architecture that cannot be built for is told, and which can") {
  if (!CASTNET_HAS_CUDA) return;  // the next case says that there is no CUDA
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const std::string train = "train s.yaml --target cuda --build-only --arch ";
  const std::string knows = "--arch: nvcc knows no GPU architecture ";
  refuse(folder, train + "30", "castnet train: " + knows + "'30'; it knows ");
  refuse(folder, train + "sm_90", knows + "'sm_90'; it knows ");
  refuse(folder, train + CASTNET_ARCHITECTURE ",9000", knows + "'9000'; it knows ");
  refuse(folder, train + "''", "--arch: is empty");
  refuse(folder, "verify s.yaml --device --build-only --arch 30", "castnet verify: " + knows);
}

TEST_CASE("programs for another machine's GPU are built without one") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  for (const std::string command : {"train s.yaml --target cuda", "verify s.yaml --device"}) {
    CHECK(folder.castnet(command + " --build-only").status == 3);
    const Result built = folder.castnet(command + " --build-only --arch " CASTNET_ARCHITECTURE);
    INFO(built.output);
    if (!CASTNET_HAS_CUDA) {
      CHECK(built.status == 3);
      CHECK(contains(built.output, "castnet: this castnet was built without CUDA"));
      continue;
    }
    REQUIRE(built.status == 0);
    const std::size_t line = built.output.rfind('\n', built.output.size() - 2) + 1;
    const std::string program =
        folder.read(built.output.substr(line, built.output.size() - 1 - line));
    // Where it looks for libraries on that machine.
    CHECK(contains(program, std::string("\0$ORIGIN/../lib\0", 16)));
  }
}

TEST_CASE("the cuda target trains on the host implementation of CUDA") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  for (const std::string prefix : {"train", "t10k"}) {
    folder.write("mnist/" + prefix + "-images-idx3-ubyte",
                 idx_images(16, std::string(16 * 784, 'x')));
    folder.write("mnist/" + prefix + "-labels-idx1-ubyte", idx_labels(std::string(16, '\3')));
  }
  const Result trained = folder.castnet(
      "train s.yaml --target cuda --host --precision bf16 --data . --set data=mnist "
      "--set train.batch=16 --out run");
  INFO(trained.output);
  CHECK(trained.status == 0);
  const std::string json = folder.read("run/run.json");
  CHECK(contains(json, "\"target\": \"cuda\""));
  CHECK(contains(json, "\"precision\": \"bf16\""));

  const std::string compare =
      "compare s.yaml --variants base --target cuda --host --precision bf16 --data . "
      "--set data=mnist --set train.batch=16 -o out";
  const Result compared = folder.castnet(compare);
  INFO(compared.output);
  CHECK(compared.status == 0);
  CHECK(contains(folder.read("out/base/seed-1/run.json"), "\"target\": \"cuda\""));
  CHECK(contains(folder.castnet(compare).output, "1 finished before"));
  const std::string best = folder.read("out/base/seed-1/best.safetensors");
  CHECK(best == folder.read("run/best.safetensors"));

  std::string other = folder.read("out/base/seed-1/run.json");
  const std::string precision = "\"precision\": \"";
  other.replace(other.find(precision) + precision.size(), 4, "fp32");
  folder.write("out/base/seed-1/run.json", other);
  CHECK(contains(folder.castnet(compare).output, "is of another precision; it is trained anew"));
}

TEST_CASE("compare checks what it builds for, and each target's budget, before it compiles") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml", kSmallSpec);
  const auto refused = [&](const std::string& options, int status, const std::string& message) {
    const Result result = folder.castnet("compare s.yaml " + options);
    INFO(result.output);
    CHECK(result.status == status);
    CHECK(contains(result.output, message));
    CHECK_FALSE(contains(result.output, "compiling"));
  };
  refused("--precision bf16", 2,
          "castnet compare: --precision needs --target cuda; the target cpu does not have it\n");
  refused("--target cuda", 3, CASTNET_HAS_CUDA ? "castnet: no CUDA device: " : "without CUDA");
  refused("--target cuda --host --set budget.train_memory=1000", 1, "over its budget on cuda");
}

}  // namespace
