#include "run/checkpoint.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../catch.hpp"
#include "loop_support.hpp"
#include "softmax_program.hpp"
#include "train/initialise.hpp"

using namespace castnet;
using Catch::Contains;
using test::kIdentity;

namespace {

TrainingState some_state() {
  TrainingState state{.step = 12,
                      .epoch = 1,
                      .position = 2,
                      .loss_sum = 1.0 / 3,
                      .correct = 17,
                      .seconds = 0.125,
                      .best_epoch = 1,
                      .best_correct = 99,
                      .best_loss = 0.1,
                      .rows = {}};
  state.rows.push_back({.epoch = 1,
                        .step = 10,
                        .rate = 0.05,
                        .train_loss = 1.25,
                        .train_accuracy = 50,
                        .test_loss = 1.5,
                        .test_accuracy = 48.25,
                        .seconds = 3.5,
                        .images_per_second = 1000,
                        .weights_sha256 = std::string(64, 'a')});
  return state;
}

}  // namespace

TEST_CASE("a safetensors file returns as it was", "[runtime][checkpoint]") {
  SafeTensors file;
  file.tensors.push_back({"a", "F32", {2, 1}, "12345678"});
  file.tensors.push_back({"empty", "F32", {0, 3}, ""});
  file.tensors.push_back({"scalar", "F64", {}, "abcdefgh"});
  file.metadata = {{"note", "line\nbreak \"quoted\""}};
  const std::string bytes = serialise(file);
  CHECK(bytes.size() % 8 == 0);
  const SafeTensors again = parse_safetensors(bytes, "x");
  REQUIRE(again.tensors.size() == 3);
  CHECK(again.metadata == file.metadata);
  CHECK(again.find("a")->data == "12345678");
  CHECK(again.find("a")->shape == std::vector<std::int64_t>{2, 1});
  CHECK(again.find("scalar")->type == "F64");
  CHECK(again.find("b") == nullptr);
}

TEST_CASE("damaged safetensors files are refused", "[runtime][checkpoint]") {
  const auto with_header = [](const std::string& header, const std::string& data) {
    std::string bytes(8, '\0');
    bytes[0] = static_cast<char>(header.size());
    return bytes + header + data;
  };
  const auto parse = [](const std::string& bytes) { return parse_safetensors(bytes, "f"); };
  const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  CHECK_NOTHROW(parse(with_header(good, "12345678")));
  CHECK_THROWS_WITH(parse("abc"), Contains("f: byte 3: truncated"));
  CHECK_THROWS_WITH(parse(std::string(8, '\x7f')), Contains("truncated or no safetensors"));
  CHECK_THROWS_WITH(parse(with_header("{nonsense", "")), Contains("damaged header"));
  CHECK_THROWS_WITH(parse(with_header(R"({"a":3})", "")), Contains("damaged header"));
  CHECK_THROWS_WITH(parse(with_header(good, "1234")), Contains("truncated: tensor 'a'"));
  CHECK_THROWS_WITH(parse(with_header(good, "123456789")), Contains("gap"));
  CHECK_THROWS_WITH(
      parse(with_header(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", "12345678")),
      Contains("needs 12 bytes"));
  CHECK_THROWS_WITH(
      parse(with_header(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "12345678")),
      Contains("impossible shape"));
  CHECK_THROWS_WITH(
      parse(with_header(R"({"a":{"dtype":"X1","shape":[2],"data_offsets":[0,8]}})", "12345678")),
      Contains("unknown type 'X1'"));
  CHECK_THROWS_WITH(parse(with_header(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                                      R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                                      "123")),
                    Contains("overlap"));
}

TEST_CASE("a state returns to the bit", "[runtime][checkpoint]") {
  test::SoftmaxProgram program, other;
  initialise(program, 3);
  program.optimizer_state()[5] = Real(0.7);
  program.statistics()[0] = Real(-2);
  const std::string bytes = serialise(state_file(program, kIdentity, some_state()));
  const TrainingState state =
      load_state(parse_safetensors(bytes, "last"), other, kIdentity, "last");
  CHECK(state.step == 12);
  CHECK(state.position == 2);
  CHECK(state.loss_sum == 1.0 / 3);
  CHECK(state.best_loss == 0.1);
  CHECK(metrics_csv(state.rows) == metrics_csv(some_state().rows));
  CHECK(weights_sha256(program) == weights_sha256(other));
  CHECK(serialise(state_file(other, kIdentity, state)) == bytes);
}

TEST_CASE("averages are the weights to evaluate, and part of the state", "[runtime][checkpoint]") {
  test::SoftmaxSetup setup;
  setup.recipe.ema = 0.9;
  test::SoftmaxProgram program(setup), other(setup);
  initialise(program, 3);
  std::ranges::fill(program.averages(), Real(0.5));
  const SafeTensors best = weights_file(program, kIdentity);
  const SafeTensors last = state_file(program, kIdentity, some_state());
  CHECK(best.find("castnet.averages") == nullptr);
  CHECK(best.find("norm.running_mean")->data == std::string("\0\0\0\x3f", 4));
  CHECK(last.find("norm.running_mean")->data == std::string("\0\0\x80\x3e", 4));
  CHECK(last.find("castnet.averages")->shape == std::vector<std::int64_t>{7841});
  SECTION("best") {
    load_weights(best, other, "best");
    CHECK(std::ranges::equal(other.averages(), program.averages()));
  }
  SECTION("last, to evaluate") {
    load_weights(last, other, "last");
    CHECK(std::ranges::equal(other.averages(), program.averages()));
  }
  SECTION("last, to go on") {
    const TrainingState state = load_state(last, other, kIdentity, "last");
    CHECK(std::ranges::equal(other.parameters(), program.parameters()));
    CHECK(serialise(state_file(other, kIdentity, state)) == serialise(last));
  }
  SECTION("a program without averages") {
    test::SoftmaxProgram plain;
    load_weights(best, plain, "best");
    CHECK(weights_sha256(plain) == weights_sha256(program));
    CHECK_THROWS_WITH(load_weights(last, plain, "last"),
                      Contains("'castnet.averages' is F32 [7841]"));
    const SafeTensors without = state_file(plain, kIdentity, some_state());
    CHECK_THROWS_WITH(load_state(without, other, kIdentity, "last"),
                      Contains("'castnet.averages' is missing"));
  }
}

TEST_CASE("a damaged state is neither trained on nor evaluated", "[runtime][checkpoint]") {
  test::SoftmaxProgram program;
  initialise(program, 3);
  SafeTensors file = state_file(program, kIdentity, some_state());
  SECTION("by a bit of its weights") { file.tensors.front().data[5] ^= 1; }
  SECTION("by a bit of its optimiser's state") { file.tensors.back().data[5] ^= 1; }
  SECTION("by a figure") { file.metadata.at("best_epoch") = "100000000"; }
  SECTION("by a check sum") { file.metadata.at("sha256").front() ^= 1; }
  const std::string bytes = serialise(file);
  const SafeTensors damaged = parse_safetensors(bytes, "last");
  CHECK_THROWS_WITH(load_state(damaged, program, kIdentity, "last"),
                    Contains("last: damaged") && Contains("without --resume"));
  CHECK_THROWS_WITH(load_weights(damaged, program, "last"),
                    Contains("last: damaged") && !Contains("--resume"));
  CHECK_THROWS_AS(load_state(damaged, program, kIdentity, "last"), CheckpointError);
}

TEST_CASE("weights are read without a check sum, too", "[runtime][checkpoint]") {
  test::SoftmaxProgram program, other;
  initialise(program, 3);
  SafeTensors file = state_file(program, kIdentity, some_state());
  file.metadata.clear();
  load_weights(file, other, "converted");
  CHECK(weights_sha256(other) == weights_sha256(program));
}

namespace {

/// A tensor as PyTorch's safetensors.torch.save_file has it.
struct Saved {
  std::string name, type, shape, data;
};

/// Such a file, byte for byte.
std::string saved_by_pytorch(const std::vector<Saved>& tensors) {
  std::string header = R"({"__metadata__":{"format":"pt"})", data;
  for (const Saved& one : tensors) {
    header += ",\"" + one.name + R"(":{"dtype":")" + one.type + R"(","shape":)" + one.shape +
              R"(,"data_offsets":[)" + std::to_string(data.size()) + ',' +
              std::to_string(data.size() + one.data.size()) + "]}";
    data += one.data;
  }
  header += '}';
  while (header.size() % 8 != 0) header += ' ';
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size() & 0xff);
  length[1] = static_cast<char>(header.size() >> 8);
  return length + header + data;
}

std::string bytes_of(std::span<const Real> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace

TEST_CASE("weights that PyTorch saved are read", "[runtime][checkpoint]") {
  test::SoftmaxProgram program, other;
  initialise(program, 3);
  const Saved count{"norm.num_batches_tracked", "I64", "[]", std::string("\x0c\0\0\0\0\0\0\0", 8)};
  const Saved mean{"norm.running_mean", "F32", "[1]", bytes_of(program.statistics())};
  Saved weight{"linear.weight", "F32", "[10,784]", bytes_of(program.parameters())};
  const auto load = [&] {
    load_weights(parse_safetensors(saved_by_pytorch({count, weight, mean}), "torch"), other,
                 "torch");
  };
  load();
  CHECK(weights_sha256(other) == weights_sha256(program));
  const std::string before = weights_sha256(other);
  const auto [type, bytes] = GENERATE(std::pair("F16", 2), std::pair("BF16", 2),
                                      std::pair("F64", 8), std::pair("F8_E4M3", 1));
  weight = {"linear.weight", type, "[10,784]",
            std::string(static_cast<std::size_t>(7840 * bytes), 'x')};
  CHECK_THROWS_WITH(load(), std::string("torch: tensor 'linear.weight' is ") + type +
                                " [10, 784], the program's is F32 [10, 784]: convert it, with "
                                "PyTorch's float()");
  // A file that does not fit changes nothing.
  CHECK(weights_sha256(other) == before);
}

TEST_CASE("a sum that is no number is not loaded", "[runtime][checkpoint]") {
  test::SoftmaxProgram program;
  TrainingState state = some_state();
  state.loss_sum = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(load_state(state_file(program, kIdentity, state), program, kIdentity, "last"),
                    Contains("'loss_sum' is damaged: 'nan'"));
}

TEST_CASE("a state of another run is refused", "[runtime][checkpoint]") {
  test::SoftmaxProgram program;
  const SafeTensors file = state_file(program, kIdentity, some_state());
  RunIdentity other = kIdentity;
  const auto load = [&] { return load_state(file, program, other, "last"); };
  SECTION("name") {
    other.name = "x";
    CHECK_THROWS_WITH(load(), Contains("name 'softmax'") && Contains("'x'"));
  }
  SECTION("spec") {
    other.spec_sha256 = "x";
    CHECK_THROWS_WITH(load(), Contains("spec SHA-256 '5eed'"));
  }
  SECTION("data") {
    other.data_sha256 = "x";
    CHECK_THROWS_WITH(load(), Contains("data SHA-256"));
  }
  SECTION("seed") {
    other.seed = 8;
    CHECK_THROWS_WITH(load(), Contains("seed '7'") && Contains("--resume"));
  }
  SECTION("epochs") {
    other.epochs = 4;
    CHECK_THROWS_AS(load(), MismatchError);
  }
}

TEST_CASE("weights of another network are refused by name", "[runtime][checkpoint]") {
  test::SoftmaxProgram program;
  SafeTensors file = weights_file(program, kIdentity);
  const auto load = [&] { load_weights(file, program, "best"); };
  CHECK_NOTHROW(load());
  SECTION("missing") {
    file.tensors.pop_back();
    CHECK_THROWS_WITH(load(), Contains("best: tensor 'norm.running_mean' is missing"));
  }
  SECTION("shape") {
    file.tensors[0].shape = {784, 10};
    CHECK_THROWS_WITH(load(), Contains("[784, 10]") && Contains("[10, 784]"));
  }
  SECTION("unknown") {
    file.tensors.push_back({"more", "F32", {}, "1234"});
    CHECK_THROWS_WITH(load(), Contains("best: tensor 'more', F32 [], is none of 'softmax'"));
  }
  SECTION("all of them") {
    file.tensors[0].name = "module.linear.weight";
    CHECK_THROWS_WITH(load(), Contains("tensor 'linear.weight' is missing, the program's is F32 "
                                       "[10, 784]; tensor 'module.linear.weight', F32 [10, 784], "
                                       "is none of 'softmax'"));
  }
  SECTION("the first of many") {
    for (int i = 0; i < 9; ++i) file.tensors.push_back({"more" + std::to_string(i), "I8", {}, "1"});
    CHECK_THROWS_WITH(
        load(), Contains("'more7'") && !Contains("'more8'") && Catch::EndsWith("; and 1 more"));
  }
  SECTION("without the state of a run") {
    CHECK_THROWS_WITH(load_state(file, program, kIdentity, "best"),
                      Contains("best: 'sha256' is missing") && Contains("last.safetensors"));
  }
}
