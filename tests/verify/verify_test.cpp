// `castnet verify` through the host implementation of CUDA: it passes what is right, and names the
// layer of an error planted in one kernel, in a cuDNN call's arguments or in the emitted calls.
#include <fmt/format.h>

#include <set>
#include <string>
#include <vector>

#include "../cli/support.hpp"
#include "../codegen/random_spec.hpp"

namespace {

using namespace castnet::test;

Result verify(const std::string& arguments) {
  return run(castnet_command("verify --host " + arguments));
}

/// A folder with a copy of castnet's text with an error in it.
class Planted : public TemporaryFolder {
 public:
  Planted(const fs::path& folder, const std::string& file, const std::string& right,
          const std::string& wrong) {
    std::string text = read_text(folder / file);
    const std::size_t at = text.find(right);
    REQUIRE(at != std::string::npos);
    text.replace(at, right.size(), wrong);
    write(file, text);
  }
};

const fs::path kSource = CASTNET_SOURCE_DIR;

/// Every kind of operation; only C4 has five channels.
const std::string kSpec = "'" + (kSource / "tests/verify/every.yaml").string() + "'";

/// Only C4 has five channels here, too.
const std::string kBlocks = "'" + (kSource / "tests/verify/blocks.yaml").string() + "'";

struct Plant {
  std::string file, right, wrong;
  std::string found;  ///< how the message begins
};

/// The difference that is found first must be the planted one.
void check_found(const Result& result, const Plant& plant) {
  INFO(plant.file << ": " << plant.wrong << "\n" << result.output);
  CHECK(result.status == 1);
  CHECK(contains("\n" + result.output, "\nstep " + plant.found));
}

/// Errors in kernels and in cuDNN's arguments. One program holds them all, so that it is compiled
/// once; the environment says which one takes place: where `planted(n)`, the n-th of them.
const std::vector<Plant> kPlants = {
    {"kernels/cuda/norm_backward.hpp", "const float pull = of.inverse * of.inverse *",
     "const float pull = (PLANTED && N::kChannels == 5 ? 1 : of.inverse) * of.inverse *",
     "1: d_C4_conv, C4_norm backward: "},
    {"kernels/cuda/norm_parameters.hpp", "d_weight[i] = product;",
     "d_weight[i] = PLANTED && N::kChannels == 5 ? plain : product;",
     "1: gradient of C4.norm.weight: "},
    {"kernels/cuda/norm_statistics.hpp", "move(running_var[channel], unbiased)",
     "move(running_var[channel], PLANTED && N::kChannels == 5 ? mean : unbiased)",
     "1: C4.norm.running_var: "},
    {"kernels/cuda/norm_statistics.hpp", "double(running_var[c])",
     "double(running_var[PLANTED && Norm<S>::kChannels == 5 ? c / 2 * 2 : c])",
     "2: evaluation: C4_dropout, C4_"},
    {"kernels/cuda/normalised.hpp", "moments<S>(y.saved, int(image), channel)",
     "moments<S>(y.saved, int(image), PLANTED ? channel / 2 : channel)",
     "1: P3_pool, c5_conv forward: "},
    {"cuda/convolution.hpp", "convolution_(device, name, S::value, gradients)",
     "convolution_(device, name, [] {\n"
     "  ConvShape shape = S::value;\n"
     "  if (PLANTED && shape.out_channels == 5) shape.dilation = shape.padding = 2;\n"
     "  return shape;\n}(), gradients)",
     "1: evaluation: C4_conv, C4_conv forward: "},
    {"kernels/cuda/bias.hpp", "image_blocks(kShape.batch)); });",
     "image_blocks(kShape.batch) - (PLANTED ? 1 : 0)); });", "1: gradient of c5.conv.bias: "},
    {"kernels/cuda/pool.hpp", "best.pixel == row * kShape.in_width + column",
     "best.pixel == row * (PLANTED ? kShape.out_width() : kShape.in_width) + column",
     "1: d_C4_dropout, P2_pool backward: "},
    {"kernels/cuda/optimizer.hpp", "velocity[i] = sgd.momentum * velocity[i] + gradient",
     "velocity[i] = (PLANTED ? 0 : sgd.momentum) * velocity[i] + gradient",
     "2: updated C1.conv.weight: "},
};

constexpr char kWhich[] = "CASTNET_TEST_PLANTED";

/// `text` with all of a file's plants in it, and whether a plant takes place.
std::string with_plants(const std::string& file, std::string text) {
  bool any = false;
  for (std::size_t n = 0; n < kPlants.size(); ++n) {
    const Plant& plant = kPlants[n];
    if (plant.file != file) continue;
    INFO(plant.file << ": " << plant.right);
    const std::size_t at = text.find(plant.right);
    REQUIRE(at != std::string::npos);
    std::string wrong = plant.wrong;
    wrong.replace(wrong.find("PLANTED"), 7, "planted(" + std::to_string(n) + ")");
    text.replace(at, plant.right.size(), wrong);
    any = true;
  }
  REQUIRE(any);
  return "#include \"planted.hpp\"\n" + text;
}

/// Every kernel's error, none of which takes place unless kWhich names it.
class Planting : public TemporaryFolder {
 public:
  Planting() {
    write("planted.hpp", fmt::format("#pragma once\n#include <cstdlib>\n"
                                     "inline bool planted(int which) {{\n"
                                     "  const char* const chosen = std::getenv(\"{}\");\n"
                                     "  return chosen && std::atoi(chosen) == which;\n}}\n",
                                     kWhich));
    std::set<std::string> files;
    for (const Plant& plant : kPlants) files.insert(plant.file);
    for (const std::string& file : files) {
      write(file, with_plants(file, read_text(kSource / "runtime" / file)));
    }
  }
};

TEST_CASE("the canonical network's targets agree for each norm") {
  const std::string norm = GENERATE("", " --variant group",
                                    " --variant layer --set norm.layer.affine=element"
                                    " --set train.optimizer=muon --set budget.parameters=1000000");
  const Result result = verify("'" + (kSource / "specs/cifar10.yaml").string() + "'" + norm +
                               " --set train.batch=16 --steps 2");
  INFO(norm << "\n" << result.output);
  CHECK(result.status == 0);
  CHECK(contains(result.output, "cpu and cuda agree"));
}

TEST_CASE("a network with every operation agrees over several steps") {
  const Result result = verify(kSpec + " --steps 4");
  INFO(result.output);
  CHECK(result.status == 0);
}

TEST_CASE("gates, learned slopes and channel norms agree over several steps") {
  const Result result = verify(kBlocks + " --steps 4");
  INFO(result.output);
  CHECK(result.status == 0);
}

TEST_CASE("random specs' targets agree") {
  const unsigned seed = GENERATE(4, 7, 11);
  const TemporaryFolder folder;
  const std::string text = castnet::codegen::RandomSpecs(seed).make().text;
  folder.write("random.yaml", text);
  const Result result = verify("'" + (folder.path() / "random.yaml").string() + "'");
  INFO("seed " << seed << '\n' << text << result.output);
  CHECK(result.status == 0);
  CHECK(contains(result.output, "cpu and cuda agree"));
}

TEST_CASE("sums that cancel to rounding agree") {
  const Result result = verify("'" + (kSource / "tests/verify/cancelling.yaml").string() + "'");
  INFO(result.output);
  CHECK(result.status == 0);
}

TEST_CASE("an error planted in a kernel or in cuDNN's arguments is found, and named") {
  const Planting folder;
  const std::string arguments = kSpec + " --include '" + folder.path().string() + "'";
  const Result without = verify(arguments);
  INFO(without.output);
  REQUIRE(without.status == 0);
  for (std::size_t n = 0; n < kPlants.size(); ++n) {
    check_found(
        run(fmt::format("{}={} ", kWhich, n) + castnet_command("verify --host " + arguments)),
        kPlants[n]);
  }
}

TEST_CASE("a missing accumulation in the emitted calls is found") {
  const Plant plant{"cuda/accumulate.cpp", "$a$, $b$, $y$", "$a$, $a$, $y$",
                    "1: d_C2_conv, C2_norm backward: "};
  const Planted change(kSource / "templates", plant.file, plant.right, plant.wrong);
  const fs::path all = change / "all";
  fs::copy(kSource / "templates", all, fs::copy_options::recursive);
  fs::copy_file(change / plant.file, all / plant.file, fs::copy_options::overwrite_existing);
  check_found(verify("--templates '" + all.string() + "' " + kSpec), plant);
}

}  // namespace
