// Templates and emitted text.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "../approved.hpp"
#include "core_specs.hpp"
#include "emit/program.hpp"
#include "emit/table.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

const Origin kOrigin{"specs/n.yaml", "specs/n.yaml", std::string(64, '0')};

std::vector<SourceFile> files_of(const std::string& text, std::string_view target = "cpu") {
  const Spec spec = spec_of(text);
  const Target& on = target_named(target);
  return emit_program(spec, compile(spec, on), kOrigin, on, Templates());
}

/// The program, without its memory map.
std::string emitted(const std::string& text, std::string_view target = "cpu") {
  return files_of(text, target).front().text;
}

std::string rendered(const std::string& text, const Values& values) {
  const fs::path folder = fs::temp_directory_path() / "castnet_templates";
  fs::create_directories(folder / "cpu");
  std::ofstream(folder / "cpu" / "t.cpp") << text;
  return Templates(folder).render("cpu", "t", "s", values);
}

TEST_CASE("templates fill holes and leave braces alone") {
  CHECK(rendered("// -- s\nint $a$[] = {{$b$}};\n", {{"a", "x"}, {"b", "1"}}) ==
        "int x[] = {{1}};\n");
  CHECK(rendered("// -- r\nno\n// -- s\n  $a$\nend\n// -- t\nno\n", {{"a", "one\n\ntwo\n"}}) ==
        "  one\n\n  two\nend\n");
  CHECK(rendered("// -- s\n  $a$\nend\n", {{"a", ""}}) == "end\n");
}

TEST_CASE("template mistakes are told with file and line") {
  CHECK_THROWS_WITH(rendered("// -- s\nok\n$what$\n", {}),
                    Catch::Matchers::Contains("t.cpp:3: no value for '$what$'"));
  CHECK_THROWS_WITH(rendered("// -- s\ncosts 5$\n", {}),
                    Catch::Matchers::Contains("t.cpp:2: a '$'"));
  CHECK_THROWS_WITH(rendered("// -- r\n", {}), Catch::Matchers::Contains("no section 's'"));
}

TEST_CASE("a section may be missing where nothing is written then") {
  const Values values{{"node", "C1_conv"}, {"gradients", "Gradients::of_weight"}};
  CHECK(Templates().render_if_there("cuda", {"conv"}, "members", values) ==
        "Convolution<C1_conv_shape> C1_conv_op{device(), \"C1_conv\", Gradients::of_weight};\n");
  CHECK(Templates().render_if_there("cpu", {"conv"}, "members", values).empty());
}

TEST_CASE("a fused kind's template has sections of its own, or those of the node's kind") {
  const Values values{{"node", "C1_conv"}, {"weight", "w"}, {"packed", "p"},
                      {"x", "x"},          {"dy", "dy"},    {"d_weight", "dw"}};
  const std::vector<std::string> files{"conv_activation", "conv"};
  CHECK(Templates().render_first("cpu", files, "pack", values) ==
        Templates().render("cpu", "conv", "pack", values));
  CHECK(Templates().render_first("cuda", files, "backward_weight", values) ==
        "C1_conv_op.backward_weight(x, dy, dw);\n");
  // An empty section is one, too.
  CHECK(Templates().render_first("cuda", {"conv_pool", "conv"}, "members", values).empty());
  CHECK_THROWS_WITH(Templates().render_first("cpu", files, "members", values),
                    Catch::Matchers::Contains("cpu/conv_activation.cpp: no section 'members'"));
}

TEST_CASE("weights that evaluation packs are asserted to fit, too") {
  const Spec spec =
      spec_of("name: n\ndata: cifar10\nnorm: batch\nlayers: C1:8 c2:4 P1 C3:8 GAP c4:10\n");
  Plans plans = compile(spec);
  std::set<std::string> packed;
  for (const Buffer& buffer : plans.evaluation->buffers) {
    if (buffer.name.ends_with("_packed")) packed.insert(buffer.name);
  }
  REQUIRE(packed.size() == 4);
  const std::string source =
      emit_program(spec, plans, kOrigin, target_named("cpu"), Templates()).front().text;
  for (const std::string& name : packed) {
    INFO(name);
    CHECK(source.find(" <= kEvaluationSharedMap[\"" + name + "\"].elements);\n") !=
          std::string::npos);
  }
}

TEST_CASE("the same spec gives the same bytes, without tabs, trailing blanks or long lines") {
  for (const std::string& text : core_specs()) {
    for (const Target& target : targets()) {
      const std::vector<SourceFile> files = files_of(text, target.name);
      const std::vector<SourceFile> again = files_of(text, target.name);
      REQUIRE(files.size() == 2);
      for (std::size_t i = 0; i < files.size(); ++i) {
        const std::string& source = files[i].text;
        CHECK(source == again[i].text);
        CHECK(source.find('\t') == std::string::npos);
        CHECK(source.find(" \n") == std::string::npos);
        CHECK(source.find('$') == std::string::npos);
        std::istringstream lines(source);
        std::string before;
        for (std::string line; std::getline(lines, line); before = line) {
          INFO(line);
          CHECK(line.size() <= 100);
          // What is compared stands on the next line, where both do not fit.
          CHECK(before.ends_with("<=") == line.starts_with("              k"));
        }
      }
    }
  }
}

/// Lines of a source that begin with `begin`, without it and without their end from `end` on.
std::vector<std::string> between(const std::string& source, const std::string& begin, char end) {
  std::vector<std::string> result;
  std::istringstream lines(source);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(begin)) continue;
    line.erase(0, begin.size());
    result.push_back(line.substr(0, line.find(end)));
  }
  return result;
}

TEST_CASE("every target runs the same layers in the same order, and so does evaluation") {
  // One of those that follow each other: a layer may begin again behind a wait.
  const auto headings = [](const std::string& source, const std::string& begin) {
    auto all = between(source, begin + "layer(\"", '"');
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  };
  for (const std::string& text : core_specs()) {
    const std::string source = emitted(text, "cpu");
    const std::size_t evaluate = source.find("void evaluate");
    REQUIRE(evaluate != std::string::npos);
    const auto cpu = headings(source.substr(0, evaluate), "      ");
    CHECK(cpu.size() > 6);
    CHECK(cpu == headings(emitted(text, "cuda"), "    "));
    std::vector<std::string> forward(cpu.begin(), std::find(cpu.begin(), cpu.end(), "loss") + 1);
    // A pooled 1x1 convolution may be fused with the convolution before it.
    const std::string evaluation = source.substr(evaluate);
    std::erase_if(forward, [&](const std::string& layer) {
      return evaluation.find("; " + layer + ": 1x1 conv") != std::string::npos;
    });
    CHECK(forward.size() >= 4);
    CHECK(headings(evaluation, "      ") == forward);
  }
}

TEST_CASE(
    "on CUDA, activations and gradients are Values, statistics and partial sums are Reals, "
    "places of maxima bytes") {
  for (const std::string& text : core_specs()) {
    const std::string source = emitted(text, "cuda");
    for (const Buffer& buffer : compile(spec_of(text), target_named("cuda")).plan.buffers) {
      // Only images, activations and gradients have a shape with several extents.
      const bool value = buffer.shape.find('x') != std::string::npos;
      INFO(buffer.name << " [" << buffer.shape << "]");
      const bool bytes = buffer.shape.ends_with("bytes");
      CHECK(buffer.number == (value ? Number::value : bytes ? Number::bytes : Number::real));
      const std::string type = value ? "Value" : bytes ? "std::uint8_t" : "Real";
      CHECK(source.find("  " + type + "* const " + buffer.name + " =") != std::string::npos);
    }
  }
}

TEST_CASE("there are the targets cpu and cuda, and no other") {
  CHECK(target_named("cpu").file == "cpu.cpp");
  CHECK(target_named("cuda").file == "cuda.cu");
  CHECK_THROWS_WITH(target_named("fpga"), Catch::Matchers::Contains("'fpga'"));
}

/// Lines of `b` that are not in `a`.
std::vector<std::string> new_lines(const std::string& a, const std::string& b) {
  std::vector<std::string> result;
  std::istringstream lines(b);
  for (std::string line; std::getline(lines, line);) {
    if (a.find(line) == std::string::npos) result.push_back(line);
  }
  return result;
}

TEST_CASE("a changed recipe changes its own lines only") {
  const std::string before = "name: n\ndata: cifar10\nlayers: C1:4 GAP c2:10\n";
  const auto changed = new_lines(emitted(before), emitted(before + "train: {epochs: 7}\n"));
  REQUIRE(changed.size() == 1);
  CHECK(changed.front() == "      .epochs = 7,");
}

TEST_CASE("Muon takes the weights of all layers but the last for matrices") {
  const std::string text = emitted(
      "name: n\ndata: cifar10\nlayers: C1:4 D2 c3:8 F4:6 F5:10\nnorm: batch\n"
      "train: {optimizer: {muon: {rates: {norms: 4, depthwise: 40}}}}\n");
  const auto has = [&](const std::string& row) { return text.find(row) != std::string::npos; };
  CHECK(has("UpdateRule matrices{.matrix = true};\n"));
  CHECK(has("UpdateRule norms{.rate = 4.0};\n"));
  CHECK(has("UpdateRule depthwise{.rate = 40.0};\n"));
  CHECK(has("UpdateRule biases_and_weights{};\n"));
  CHECK(has(
      "tensor(\"C1.conv.weight\", {4, 3, 3, 3}, Initial::uniform(0.19245008972987526), matrices)"));
  CHECK(has("tensor(\"C1.norm.weight\", {4}, Initial::constant(1.0), norms)"));
  CHECK(has("tensor(\"C1.norm.bias\", {4}, Initial::constant(0.0), norms)"));
  CHECK(has(
      "tensor(\"D2.conv.weight\", {4, 1, 3, 3}, Initial::uniform(0.3333333333333333), depthwise)"));
  CHECK(has("tensor(\"c3.conv.weight\", {8, 4, 1, 1}, Initial::uniform(0.5), matrices)"));
  CHECK(has("tensor(\"c3.conv.bias\", {8}, Initial::uniform(0.5), biases_and_weights)"));
  CHECK(has(
      "tensor(\"F4.linear.weight\", {6, 8192}, Initial::uniform(0.011048543456039804), matrices)"));
  CHECK(
      has("tensor(\"F5.linear.weight\", {10, 6}, Initial::uniform(0.4082482904638631), "
          "biases_and_weights)"));
  CHECK(has("kOptimizerState = 1 * kParameters;"));
  CHECK(has("kOptimizerScratch = 4 * kParameters;"));
}

/// The name of the rule that a parameter is updated by.
std::string rule_of(const std::string& source, const std::string& tensor) {
  const std::size_t row = source.find("tensor(\"" + tensor + "\"");
  REQUIRE(row != std::string::npos);
  const std::size_t end = std::min(source.find("\n      tensor(", row), source.find("\n  );", row));
  const std::string text = source.substr(row, end - row);
  const std::size_t begin = text.rfind(' ') + 1;  // behind the initial values, or on the next line
  return text.substr(begin, text.rfind(')') - begin);
}

TEST_CASE("a rate on depthwise weights leaves other groups of channels alone") {
  const std::string text = emitted(
      "name: n\ndata: cifar10\nlayers: C1:4 C2:4 D3 GAP c4:10\noverrides: {C2: {groups: 2}}\n"
      "train: {optimizer: {sgd: {rates: {depthwise: 8}}}}\n");
  const auto has = [&](const std::string& row) { return text.find(row) != std::string::npos; };
  CHECK(has("UpdateRule weights_and_biases{};\n"));
  CHECK(has("UpdateRule depthwise{.rate = 8.0};\n"));
  CHECK(rule_of(text, "C2.conv.weight") == "weights_and_biases");  // [4, 2, 3, 3]
  CHECK(rule_of(text, "D3.conv.weight") == "depthwise");           // [4, 1, 3, 3]
  CHECK(rule_of(text, "D3.conv.bias") == "weights_and_biases");
}

TEST_CASE("a depthwise layer on one channel is one") {
  const std::string text = emitted(
      "name: n\ndata: mnist\nlayers: D1 C2:8 C3:8 GAP F4:10\noverrides: {C3: {groups: 8}}\n"
      "train: {optimizer: {muon: {rates: {depthwise: 10}}}}\n");
  CHECK(rule_of(text, "D1.conv.weight") == "depthwise");  // [1, 1, 3, 3]
  CHECK(rule_of(text, "D1.conv.bias") == "biases_and_weights");
  CHECK(rule_of(text, "C2.conv.weight") == "matrices");   // one channel, but not depthwise
  CHECK(rule_of(text, "C3.conv.weight") == "depthwise");  // by its groups
}

TEST_CASE("rules are named for what they hold, and two of the same kinds differ") {
  const std::string head = "name: n\ndata: mnist\nlayers: C1:4 C2:4 C3:4 GAP c4:10\nnorm: batch\n";
  const std::string same = emitted(head);
  CHECK(same.find("UpdateRule all{};\n") != std::string::npos);
  CHECK(rule_of(same, "c4.conv.bias") == "all");
  const std::string apart =
      emitted(head +
              "train: {optimizer: {sgd: {weight_decay: {factor: 0.5, on: [weights]}, "
              "l1: {factor: 0.25, on: [C2]}, rates: {C3: 2}}}}\n");
  CHECK(apart.find("UpdateRule weights{.weight_decay = 0.5};\n") != std::string::npos);
  CHECK(apart.find("UpdateRule norms_and_biases{};\n") != std::string::npos);
  CHECK(rule_of(apart, "C1.conv.weight") == "weights");
  CHECK(rule_of(apart, "C2.conv.weight") == "weights_of_C2");
  CHECK(apart.find("UpdateRule weights_of_C2{.weight_decay = 0.5, .l1 = 0.25};\n") !=
        std::string::npos);
  CHECK(rule_of(apart, "C3.conv.weight") == "weights_of_C3");
  CHECK(apart.find("UpdateRule weights_of_C3{.weight_decay = 0.5, .rate = 2.0};\n") !=
        std::string::npos);
  const std::string numbered = emitted(
      "name: n\ndata: mnist\nlayers: C1:4 C2:4 C3:4 GAP c4:10\n"
      "train: {optimizer: {sgd: {rates: {C1: 2, C2: 2}}}}\n");
  CHECK(rule_of(numbered, "C2.conv.bias") == "weights_and_biases");
  CHECK(rule_of(numbered, "c4.conv.weight") == "weights_and_biases_2");
  CHECK(rule_of(apart, "C2.norm.weight") == "norms");
  CHECK(rule_of(apart, "C3.norm.bias") == "norms_of_C3");
}

TEST_CASE("numbers print for people and read back equal") {
  CHECK(thousands(0) == "0");
  CHECK(thousands(999) == "999");
  CHECK(thousands(49562) == "49,562");
  CHECK(thousands(-1234567) == "-1,234,567");
}

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// Calls check(folder) for each case of a kind: a folder with a spec.yaml and what becomes of it.
template <class Check>
void each_golden(const std::string& kind, Check check) {
  int count = 0;
  for (const auto& entry :
       fs::directory_iterator(fs::path(CASTNET_SOURCE_DIR) / "tests/codegen/golden" / kind)) {
    check(entry.path());
    ++count;
  }
  CHECK(count > 0);
}

TEST_CASE("golden programs: a folder each, with the spec, the plan and the generated files") {
  each_golden("programs", [](const fs::path& folder) {
    const std::string text = read(folder / "spec.yaml");
    test::check_approved(folder / "plan.txt", to_text(compile(spec_of(text)).plan), "codegen");
    for (const Target& target : targets()) {
      for (const SourceFile& file : files_of(text, target.name)) {
        test::check_approved(folder / (file.name + ".txt"), file.text, "codegen");
      }
    }
  });
}

/// The lines from one that begins so up to one that begins with `end`.
std::string part(const std::string& source, const std::string& begin, const std::string& end) {
  const std::size_t from = source.find('\n' + begin) + 1;
  REQUIRE(from > 0);
  return source.substr(from, source.find('\n' + end, from) + 1 - from);
}

TEST_CASE("a recipe names what it uses and nothing else") {
  const std::string head = "name: n\ndata: cifar100\nlayers: C1:4 GAP c2:100\n";
  const auto recipe = [&](const std::string& train) {
    return part(emitted(head + "train: {" + train + "}\n"), "  // ---- Recipe", "  // ---- Facts");
  };
  const std::string usual = recipe("");
  CHECK(usual.find(R"(
  static constexpr auto kGroups = groups_of(kParameterTensors);
  static constexpr Recipe kRecipe{
      .epochs = 20,
      .seed = 1,
      .optimizer = {.kind = OptimizerRecipe::Kind::sgd,
                    .momentum = 0.0,
                    .nesterov = false,
                    .groups = kGroups},
      .schedule = {.kind = ScheduleRecipe::Kind::one_cycle,
                   .rate = 0.1,
                   .warmup = 0.25,
                   .start_factor = 0.04,
                   .final_factor = 0.0004,
                   .anneal = ScheduleRecipe::Anneal::linear}};

)") != std::string::npos);
  const auto names = [](const std::string& text, const std::string& member) {
    return text.find("." + member + " = ") != std::string::npos;
  };
  for (const char* other : {"factor", "every", "milestones", "minimum", "beta1", "beta2", "epsilon",
                            "label_smoothing", "augment", "clip", "ema", "early_stopping"}) {
    INFO(other);
    CHECK_FALSE(names(usual, other));
  }
  const std::string all = recipe(
      "label_smoothing: 0.1, optimizer: adam, schedule: {multi_step: {milestones: [3, 9]}}, "
      "augment: [{shift_scale_rotate: {scale: 0.2}}, {crop: 4}, flip], clip: {value: 2}, ema: 0.9, "
      "early_stopping: {}");
  for (const char* line :
       {"constexpr std::array<int, 2> kMilestones{3, 9};\n", ".label_smoothing = 0.1,\n",
        "{.kind = OptimizerRecipe::Kind::adam,\n", ".epsilon = 1e-08,\n",
        "                   .factor = 0.1,\n                   .milestones = kMilestones},\n",
        "      .augment = {.shift_scale_rotate = {.scale = 0.2,\n                               "
        "          .probability = 0.5,\n",
        ".crop = 4,\n                  .crop_border = Border::reflect,\n",
        ".flip = AugmentRecipe::Flip::random},\n",
        "      .clip = {.kind = ClipRecipe::Kind::value,\n               .limit = 2.0},\n",
        "      .ema = 0.9,\n", ".patience = 5,\n"}) {
    INFO(line);
    CHECK(all.find(line) != std::string::npos);
  }
  for (const char* other : {"momentum", "nesterov", "warmup", "every", "cutout", "mixup"}) {
    INFO(other);
    CHECK_FALSE(names(all, other));
  }
}

TEST_CASE("facts of data stand in a program where they are given") {
  const std::string layers = "layers: C1:4 GAP c2:10\n";
  const std::string folder = emitted(
      "name: n\ndata: {image_folder: {path: a b, channels: 1, height: 8, width: 9, classes: "
      "10}}\n" +
      layers);
  const auto has = [](const std::string& text, const char* line) {
    INFO(line);
    return text.find(line) != std::string::npos;
  };
  CHECK(has(folder,
            "      .data_set = \"image_folder\",\n"
            "      .folder = \"a b\",\n"
            "      .batch = kBatch,\n"
            "      .channels = 1,\n"));
  CHECK_FALSE(has(folder, "kMean"));
  const std::string held = emitted("name: n\ndata: {cifar10: {hold_out: 9}}\n" + layers);
  CHECK(has(held, "constexpr std::array<double, 3> kMean{0.4914, 0.48216, 0.44653};\n"));
  CHECK(has(held,
            "      .data_set = \"cifar10\",\n"
            "      .hold_out = 9,\n"
            "      .mean = kMean,\n"
            "      .std = kStd,\n"));
}

TEST_CASE("golden recipes: a folder each, with a spec and the recipes of all its variants") {
  each_golden("recipes", [](const fs::path& folder) {
    const ParseResult parsed = parse_spec(read(folder / "spec.yaml"), "spec.yaml");
    REQUIRE(parsed.errors.empty());
    std::string recipes;
    for (const Spec& spec : parsed.specs) {
      const Target& cpu = target_named("cpu");
      const std::string source =
          emit_program(spec, compile(spec), kOrigin, cpu, Templates()).front().text;
      recipes += part(source, "  // ---- Tensors", "\n") +
                 part(source, "  // ---- Sizes", "  // ---- Facts") +
                 part(source, "  static constexpr ProgramInfo", "\n") + '\n';
    }
    test::check_approved(folder / "recipes.txt", recipes, "codegen");
  });
}

}  // namespace
}  // namespace castnet::codegen
