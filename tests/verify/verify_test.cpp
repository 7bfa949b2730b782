// `castnet verify` through the host implementation of CUDA: it passes what is right, and names the
// layer of an error planted in one kernel, in a cuDNN call's arguments or in the emitted calls.
#include "../cli/support.hpp"

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
  CHECK(contains(result.output, "\nstep " + plant.found));
}

void check_kernel(const Plant& plant) {
  const Planted folder(kSource / "runtime", plant.file, plant.right, plant.wrong);
  check_found(verify(kSpec + " --include '" + folder.path().string() + "'"), plant);
}

TEST_CASE("the canonical network's targets agree for each norm") {
  const std::string norm = GENERATE("", " --variant group", " --variant layer",
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

TEST_CASE("sums that cancel to rounding agree") {
  const Result result = verify("'" + (kSource / "tests/verify/cancelling.yaml").string() + "'");
  INFO(result.output);
  CHECK(result.status == 0);
}

TEST_CASE("an error in a norm's backward is found") {
  check_kernel({"kernels/cuda/norm_backward.hpp", "const float pull = of.inverse * of.inverse *",
                "const float pull = (N::kChannels == 5 ? 1 : of.inverse) * of.inverse *",
                "1: d_C4_norm, C4_norm backward: "});
}

TEST_CASE("swapped gradients are found") {
  check_kernel({"kernels/cuda/norm_parameters.hpp", "d_weight[i] = product;",
                "d_weight[i] = N::kChannels == 5 ? plain : product;",
                "1: gradient of C4.norm.weight: "});
}

TEST_CASE("a running variance that moves by the other share is found") {
  check_kernel({"kernels/cuda/norm_statistics.hpp",
                "(1 - kShape.momentum) * double(running_variance)",
                "(N::kChannels == 5 ? kShape.momentum : 1 - kShape.momentum) * "
                "double(running_variance)",
                "1: C4.norm.running_var: "});
}

TEST_CASE("an error in evaluation only is found") {
  check_kernel({"kernels/cuda/norm_statistics.hpp", "double(running[N::kChannels + c])",
                "double(running[N::kChannels + (N::kChannels == 5 ? c / 2 * 2 : c)])",
                "2: evaluation: C4_norm, C4_"});
}

TEST_CASE("another channel's statistics on reading are found") {
  check_kernel({"kernels/cuda/normalised.hpp", "moments<S>(y.saved, int(image), channel)",
                "moments<S>(y.saved, int(image), channel / 2)", "1: P3_pool, c5_conv forward: "});
}

TEST_CASE("a wrong dilation in a convolution's descriptor is found") {
  check_kernel({"cuda/convolution.hpp", "convolution_(device, name, S::value, gradients)",
                "convolution_(device, name, [] {\n"
                "  ConvShape wrong = S::value;\n"
                "  if (wrong.out_channels == 5) wrong.dilation = wrong.padding = 2;\n"
                "  return wrong;\n}(), gradients)",
                "1: evaluation: C4_conv, C4_conv forward: "});
}

TEST_CASE("blocks that a bias gradient leaves out are found") {
  check_kernel({"kernels/cuda/bias.hpp", "image_blocks(kShape.batch)); });",
                "image_blocks(kShape.batch) - 1); });", "1: gradient of c5.conv.bias: "});
}

TEST_CASE("a wrong row length in the backward of pooling is found") {
  check_kernel({"kernels/cuda/pool.hpp", "best.pixel == row * kShape.in_width + column",
                "best.pixel == row * kShape.out_width() + column",
                "1: d_C4_norm, P2_pool backward: "});
}

TEST_CASE("a velocity that forgets is found when it matters") {
  check_kernel({"kernels/cuda/optimizer.hpp", "velocity[i] = sgd.momentum * velocity[i] + gradient",
                "velocity[i] = gradient", "2: updated C1.conv.weight: "});
}

TEST_CASE("a missing accumulation in the emitted calls is found") {
  const Plant plant{"cuda/accumulate.cpp", "$a$, $b$, $y$", "$a$, $a$, $y$",
                    "1: d_C3_dropout, C2_norm backward: "};
  const Planted change(kSource / "templates", plant.file, plant.right, plant.wrong);
  const fs::path all = change / "all";
  fs::copy(kSource / "templates", all, fs::copy_options::recursive);
  fs::copy_file(change / plant.file, all / plant.file, fs::copy_options::overwrite_existing);
  check_found(verify("--templates '" + all.string() + "' " + kSpec), plant);
}

}  // namespace
