// castnet as a user runs it: output, messages and exit statuses.
#include <cerrno>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../approved.hpp"
#include "support.hpp"

namespace {

using namespace castnet::test;

TEST_CASE("check prints the table and the budget") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const Result fine = folder.castnet("check s.yaml");
  INFO(fine.output);
  CHECK(fine.status == 0);
  CHECK(contains(fine.output, "C1        4x32x32       3x3         116"));
  CHECK(contains(fine.output, "budget: 318 parameters of 400 (82 left)"));
  CHECK(contains(fine.output, "small_layer"));
  const Result over = folder.castnet("check s.yaml --set budget.parameters=300");
  INFO(over.output);
  CHECK(over.status == 1);
  CHECK(contains(over.output, "318 parameters of 300 (18 too many)"));
  CHECK(contains(over.output, "error: small is over its budget: 318 parameters"));
}

TEST_CASE("check --plan prints what training and evaluation do") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const Result result = folder.castnet("check s.yaml --plan --variant ''");
  INFO(result.output);
  CHECK(result.status == 0);
  const std::size_t train = result.output.find("plan to train:\n");
  const std::size_t evaluate = result.output.find("plan to evaluate:\n");
  REQUIRE(train < evaluate);
  REQUIRE(evaluate < result.output.size());
  const std::string training = result.output.substr(train, evaluate - train);
  const std::string evaluation = result.output.substr(evaluate);
  CHECK(contains(training, " C1_norm backward_input "));
  CHECK(contains(training, "buffer d_C1_norm ["));
  CHECK_FALSE(contains(training, "C1_conv+C1_norm"));
  CHECK(contains(evaluation, " C1_conv+C1_norm forward "));
  CHECK(contains(evaluation, "buffer e_C1_norm ["));
  CHECK_FALSE(contains(evaluation, "backward"));
}

TEST_CASE("budgets name the layer that costs most, and stop generate and train, too") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const Result fine = folder.castnet(
      "check s.yaml --variant '' --set 'budget={parameters: 400, macs: 300000, train_memory: "
      "40000000, inference_memory: 20000000, receptive_field: 8}'");
  INFO(fine.output);
  CHECK(fine.status == 0);
  CHECK(contains(fine.output, "318 parameters of 400 (82 left); most in C2: 152"));
  CHECK(contains(fine.output, " multiply-adds of 300,000 ("));
  CHECK(contains(fine.output, " bytes to train of 40,000,000 ("));
  CHECK(contains(fine.output, " bytes to evaluate of 20,000,000 ("));
  CHECK(contains(fine.output, "8 pixels of receptive field of at least 8 (0 more), in C2"));
  CHECK(contains(fine.output, "\nmemory: 8,625,968 bytes to train a batch of 128, of which "));
  CHECK(contains(fine.output, "\n        4,407,416 bytes to evaluate it, of which "));
  const std::string narrow = "s.yaml --variant '' --set budget.receptive_field=9";
  const std::string broken =
      "s.yaml:5:9: error: small is under its budget: 8 pixels of receptive field of at least 9 "
      "(1 too few), in C2";
  for (const std::string command : {"check ", "generate ", "train --build-only ", "verify "}) {
    const Result result = folder.castnet(command + narrow);
    INFO(result.output);
    CHECK(result.status == 1);
    CHECK(contains(result.output, broken));
  }
  CHECK_FALSE(folder.has("generated"));
}

TEST_CASE("the budget of bytes to train is looked at for each target") {
  const Folder folder;
  folder.write("s.yaml", "name: n\ndata: shapes\nlayers: F1:10\ntrain: {batch: 16}\n");
  const auto limited = [&](const std::string& command, int limit) {
    return folder.castnet(command + " s.yaml --set budget.train_memory=" + std::to_string(limit));
  };
  const auto cpu = nlohmann::json::parse(folder.castnet("check s.yaml --json").output);
  const int bytes = cpu.at(0).at("costs").at("train_memory").at("value");
  CHECK(limited("check", bytes).status == 0);
  CHECK(limited("generate --target=cpu", bytes).status == 0);
  for (const std::string command : {"generate", "train --target=cuda", "verify"}) {
    const Result over = limited(command, bytes);
    INFO(over.output);
    CHECK(over.status == 1);
    CHECK(contains(over.output, "error: n is over its budget on cuda: "));
    CHECK_FALSE(contains(over.output, "on cpu"));
  }
  const Result both = limited("generate", 1);
  CHECK(contains(both.output, "over its budget on cpu: "));
  CHECK(contains(both.output, "over its budget on cuda: "));
}

TEST_CASE("check --json has every cost, limited or not") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const Result result = folder.castnet("check s.yaml --json --variant ''");
  INFO(result.output);
  const auto json = nlohmann::json::parse(result.output).at(0);
  for (const char* key :
       {"parameters", "macs", "train_memory", "inference_memory", "receptive_field"}) {
    CHECK(json.at("costs").at(key).at("value").get<std::int64_t>() > 0);
    CHECK(json.at("costs").at(key).contains("limit") == (key == std::string("parameters")));
  }
  CHECK(json.at("costs").at("parameters").at("margin") == 82);
  CHECK(json.at("costs").at("parameters").at("most_in") == "C2");
  CHECK(json.at("within_budget") == true);
  CHECK(json.at("train_activations") < json.at("costs").at("train_memory").at("value"));
  CHECK(json.at("most_threads") == 8);
  CHECK(json.at("train_workspace").get<std::int64_t>() > 0);
  CHECK(json.at("inference_workspace") <= json.at("train_workspace"));
}

TEST_CASE("diff shows what changes, as text and as Markdown: a folder each") {
  const fs::path cases = fs::path(CASTNET_SOURCE_DIR) / "tests/cli/golden/diff";
  int count = 0;
  for (const auto& entry : fs::directory_iterator(cases)) {
    INFO(entry.path());
    const Folder folder;
    for (const char* spec : {"a.yaml", "b.yaml"}) fs::copy(entry.path() / spec, folder.path());
    const Result text = folder.castnet("diff a.yaml b.yaml");
    CHECK(text.status == 0);
    check_approved(entry.path() / "diff.txt", text.output, "cli");
    std::istringstream lines(text.output);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(line.size() <= 122);  // columns: an arrow is three bytes
    }
    const Result markdown = folder.castnet("diff a.yaml b.yaml --markdown");
    CHECK(markdown.status == 0);
    check_approved(entry.path() / "diff.md", markdown.output, "cli");
    ++count;
  }
  CHECK(count > 0);
}

TEST_CASE("diff compares variants by name, and the spec itself by 'base'") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const Result base = folder.castnet("diff s.yaml --variants base,layer");
  INFO(base.output);
  CHECK(base.status == 0);
  CHECK(contains(base.output, "--- small from s.yaml\n+++ small_layer from s.yaml\n"));
  CHECK(contains(base.output, "- 3x3 conv 4, batch norm, relu\n    + 3x3 conv 4, layer norm"));
  CHECK(contains(base.output, "3 layers are unchanged: P1, GAP, c3\n"));
  CHECK(folder.castnet("diff s.yaml --variants layer").output == base.output);
  const Result back = folder.castnet("diff s.yaml --variants layer,base");
  CHECK(contains(back.output, "--- small_layer from s.yaml\n+++ small from s.yaml\n"));
  const Result unknown = folder.castnet("diff s.yaml --variants base,group");
  INFO(unknown.output);
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.output, "s.yaml: error: no variant 'group'; the spec has base, layer"));
}

TEST_CASE("diff shows what --set changes") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const Result result = folder.castnet("diff s.yaml --set overrides.C2.channels=6");
  INFO(result.output);
  CHECK(result.status == 0);
  CHECK(contains(result.output, "+++ small from s.yaml --set overrides.C2.channels=6\n"));
  CHECK(contains(result.output, "~ C2     4x16x16 → 6x16x16"));
  CHECK(contains(result.output, "\nparameters "));
  CHECK(folder.castnet("diff s.yaml").status == 2);
  CHECK(folder.castnet("diff s.yaml missing.yaml").status == 2);
  CHECK(folder.castnet("diff s.yaml s.yaml --variants base,layer,base").status == 2);
  CHECK(folder.castnet("diff s.yaml s.yaml --variants base,layer").status == 0);
}

TEST_CASE("bad specs exit with 2 and say where") {
  const Folder folder;
  folder.write("s.yaml", "name: small\ndata: shapes\nlayers: C1:4 GAP c3:10\nnorms: batch\n");
  const Result misspelt = folder.castnet("check s.yaml");
  INFO(misspelt.output);
  CHECK(misspelt.status == 2);
  CHECK(contains(misspelt.output, "s.yaml:4:1: error: unknown key 'norms'"));
  CHECK(contains(misspelt.output, "did you mean 'norm'?"));
  CHECK(folder.castnet("check missing.yaml").status == 2);
  CHECK(folder.castnet("check").status == 2);
  CHECK(folder.castnet("cast s.yaml").status == 2);
  CHECK(folder.castnet("--help").status == 0);
}

TEST_CASE("a hostile name writes nothing") {
  for (const std::string name : {"../../x", "x; system(\\\"true\\\")", "a/b", "a\\nb"}) {
    const Folder folder;
    folder.write("s.yaml", "name: \"" + name + "\"\ndata: shapes\nlayers: C1:4 GAP c3:10\n");
    const Result result = folder.castnet("generate s.yaml -o out");
    INFO(result.output);
    CHECK(result.status == 2);
    CHECK(contains(result.output, "s.yaml:1:7: error:"));
    CHECK_FALSE(folder.has("out"));
  }
}

TEST_CASE("generate writes, --check tells stale from fresh with a diff") {
  const Folder folder;
  folder.write("specs/s.yaml", kSmallSpec);
  CHECK(folder.castnet("generate specs/s.yaml --check").status == 1);
  CHECK_FALSE(folder.has("generated"));
  CHECK(folder.castnet("generate specs/s.yaml").status == 0);
  const std::string source = folder.read("generated/small/cpu.cpp");
  CHECK(contains(source, "from specs/s.yaml; do not edit"));
  CHECK(folder.has("generated/small_layer/cpu.cpp"));
  CHECK(folder.castnet("generate specs/s.yaml --check").status == 0);
  folder.write("generated/small/cpu.cpp", source + "// edited\n");
  const Result stale = folder.castnet("generate specs/s.yaml --check");
  INFO(stale.output);
  CHECK(stale.status == 1);
  CHECK(contains(stale.output, "-// edited"));
  CHECK(contains(folder.read("generated/small/cpu.cpp"), "// edited"));  // nothing was written
}

TEST_CASE("generate replaces what castnet wrote, and nothing else") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const std::string own = "int main() {}  // by hand\n";
  folder.write("generated/small_layer/cpu.cpp", own);
  folder.write("generated/small/cpu.cpp", "// Generated by castnet from old.yaml; do not edit.\n");
  folder.write("generated/small/cuda.cu", "");
  const Result refused = folder.castnet("generate s.yaml");
  INFO(refused.output);
  CHECK(refused.status == 2);
  CHECK(refused.output ==
        "castnet: generated/small_layer/cpu.cpp was not written by castnet, as it does not begin "
        "with '// Generated by castnet from '; nothing was written. Move or remove the file, or "
        "name another folder with -o\n");
  CHECK(folder.read("generated/small_layer/cpu.cpp") == own);
  CHECK(folder.read("generated/small/cpu.cpp").ends_with("do not edit.\n"));
  CHECK_FALSE(folder.has("generated/small_layer/cuda.cu"));
  const Result checked = folder.castnet("generate s.yaml --check");
  INFO(checked.output);
  CHECK(checked.status == 1);
  CHECK(contains(checked.output,
                 "generated/small_layer/cpu.cpp: not written by castnet; castnet generate will not "
                 "replace it\n"));
  CHECK_FALSE(contains(checked.output, "by hand"));
  CHECK(contains(checked.output, "-// Generated by castnet from old.yaml"));
  // Nor what cannot be read, or is no file.
  CHECK(folder.shell("rm generated/small_layer/cpu.cpp; mkfifo generated/small_layer/cpu.cpp")
            .status == 0);
  const Result pipe = folder.castnet("generate s.yaml");
  CHECK(pipe.status == 3);
  CHECK(contains(pipe.output, "generated/small_layer/cpu.cpp': it is a pipe"));
  CHECK(folder.shell("rm generated/small_layer/cpu.cpp").status == 0);
  CHECK(folder.castnet("generate s.yaml").status == 0);
  CHECK(folder.castnet("generate s.yaml --check").status == 0);
}

TEST_CASE("generate writes every target, or those that --target names") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  CHECK(folder.castnet("generate s.yaml --variant '' --target cuda").status == 0);
  CHECK_FALSE(folder.has("generated/small/cpu.cpp"));
  const std::string source = folder.read("generated/small/cuda.cu");
  CHECK(contains(source, ".target = \"cuda\""));
  const Result stale = folder.castnet("generate s.yaml --variant '' --check");
  INFO(stale.output);
  CHECK(stale.status == 1);
  CHECK(contains(stale.output, "generated/small/cpu.cpp: missing"));
  CHECK(contains(stale.output, "2 of 4 generated files are stale"));
  CHECK(folder.castnet("generate s.yaml --variant '' --target cpu,cuda").status == 0);
  CHECK(folder.castnet("generate s.yaml --variant '' --check").status == 0);
  folder.write("generated/small/cuda.cu", source + "// edited\n");
  CHECK(folder.castnet("generate s.yaml --variant '' --check").status == 1);
  CHECK(folder.castnet("generate s.yaml --variant '' --check --target cpu").status == 0);
  CHECK(folder.castnet("generate s.yaml --target fpga").status == 2);
}

TEST_CASE("a spec may have the name of what its program calls, of a macro, or a word of C++") {
  const Folder folder;
  std::string sources;
  for (const std::string name : {"pool_forward", "cpu", "errno", "int"}) {
    folder.write("s.yaml", kSmallSpec);
    REQUIRE(folder.castnet("generate s.yaml --target cpu --set name=" + name).status == 0);
    sources += "#include \"generated/" + name + "/cpu.cpp\"\n";
  }
  folder.write("all.cpp", sources);
  const Result compiled =
      folder.shell("c++ -std=c++20 -fsyntax-only -DCASTNET_NO_MAIN -I '" CASTNET_SOURCE_DIR
                   "/runtime' -I '" CASTNET_SOURCE_DIR "/shared' all.cpp 2>&1");
  INFO(compiled.output);
  CHECK(compiled.status == 0);
}

TEST_CASE("train --target cuda without a GPU exits with 3 and says what to do") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml", kSmallSpec);
  for (const std::string options : {"", "--precision bf16", "--build-only"}) {
    const Result result = folder.castnet("train s.yaml --target cuda " + options);
    INFO(result.output);
    CHECK(result.status == 3);
    CHECK(contains(result.output, CASTNET_HAS_CUDA
                                      ? "castnet: no CUDA device: "
                                      : "castnet: this castnet was built without CUDA"));
    CHECK(contains(result.output, "--target cpu"));
    CHECK_FALSE(contains(result.output, "compiling"));
  }
}

TEST_CASE("only the cuda target has precisions") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const Result cpu = folder.castnet("train s.yaml --precision tf32");
  INFO(cpu.output);
  CHECK(cpu.status == 2);
  CHECK(contains(cpu.output, "--precision needs --target cuda; the target cpu does not have it"));
  CHECK(folder.castnet("train s.yaml --target cuda --precision fp8").status == 2);
}

TEST_CASE("a spec may come from a pipe") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const auto piped = [&](const std::string& arguments) {
    return folder.shell("cat s.yaml | " + castnet_command(arguments));
  };
  for (const std::string name : {"-", "/dev/stdin", "/dev/fd/0"}) {
    const Result checked = piped("check " + name + " --variant base");
    INFO(checked.output);
    CHECK(checked.status == 0);
    CHECK(contains(checked.output, "small: shapes from <stdin>\n"));
    CHECK(contains(piped("check " + name + " --set budget.parameters=300").output,
                   "<stdin>:5:9: error: small is over its budget"));
  }
  const Result differs = piped("diff - --set train.epochs=2");
  INFO(differs.output);
  CHECK(contains(differs.output, "train.epochs: 1 → 2"));
  // Generated source does not depend on a pipe's number.
  CHECK(piped("generate - --target cpu --variant base").status == 0);
  CHECK(contains(folder.read("generated/small/cpu.cpp"), "from <stdin>; do not edit"));
  const Result fresh = folder.shell(
      "cat s.yaml | { exec 7<&0; " +
      castnet_command("generate /dev/fd/7 --target cpu --variant base --check") + "; }");
  INFO(fresh.output);
  CHECK(fresh.status == 0);
}

TEST_CASE("train runs the whole loop, also from a pipe; missing data is told with exit status 3") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const Result trained =
      folder.shell("cat s.yaml | " + castnet_command("train - --out run --grad-cam"));
  INFO(trained.output);
  REQUIRE(trained.status == 0);
  for (const char* file : {"metrics.csv", "confusion.csv", "confusion.png", "misclassified.csv",
                           "misclassified.png", "curves.png", "predictions.csv", "best.safetensors",
                           "last.safetensors", "run.json", "grad_cam.png"}) {
    INFO(file);
    CHECK(folder.has(std::string("run/") + file));
  }
  const auto spec = nlohmann::json::parse(folder.read("run/run.json")).at("spec");
  CHECK(spec.at("text") == kSmallSpec);
  CHECK(spec.at("path") == "<stdin>");
  CHECK(spec.at("generate") == "-");
  const Result compared =
      folder.shell("cat s.yaml | " + castnet_command("compare - --variants base --out out"));
  INFO(compared.output);
  CHECK(compared.status == 0);
  CHECK_FALSE(contains(compared.output, "compiling"));
  const auto first = nlohmann::json::parse(folder.read("out/base/seed-1/run.json"));
  CHECK(first.at("spec").at("text") == kSmallSpec);
  const Result missing =
      folder.castnet("train s.yaml --set data=cifar10 --data nowhere --out other");
  INFO(missing.output);
  CHECK(missing.status == 3);
  CHECK(contains(missing.output, "nowhere"));
}

TEST_CASE("missing data and too little memory are told before anything is compiled") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml",
               "name: n\ndata: shapes\nlayers: F1:10\ntrain: {epochs: 1, batch: 16}\n"
               "variants:\n"
               "  folder: {data: {image_folder: {path: flowers, channels: 1, height: 8, width: 8, "
               "classes: 10}}, train: {batch: 16}}\n");
  const auto refused = [&](const std::string& arguments, const std::string& message) {
    const Result result = folder.castnet(arguments);
    INFO(result.output);
    CHECK(result.status == 3);
    CHECK(contains(result.output, message));
    CHECK_FALSE(contains(result.output, "compiling"));
    CHECK_FALSE(folder.has("cache"));
    CHECK_FALSE(folder.has("runs"));
  };
  for (const std::string data : {"mnist", "fashion_mnist", "kmnist", "cifar10"}) {
    refused("train s.yaml --data nowhere --set data=" + data,
            "castnet: data set '" + data + "' not found: the data root 'nowhere' (--data)");
  }
  refused("train s.yaml --data nowhere --variant folder", "there is no folder 'nowhere/flowers'");
  refused("compare s.yaml --variants base --data nowhere --set data=mnist --out runs-not",
          "castnet: base: data set 'mnist' not found");
  std::string layers;  // most of a terabyte
  for (int i = 1; i < 100; ++i) layers += "C" + std::to_string(i) + ":200 ";
  refused("train s.yaml --set train.batch=9984 --set 'layers=" + layers + "GAP c100:10'",
          "castnet: too little memory: the network 'n' needs 9");
  // What is only built needs no data.
  const Result built = folder.castnet("train s.yaml --data nowhere --set data=mnist --build-only");
  CHECK(built.status == 0);
}

TEST_CASE("a trainer needs no large stack") {
  const Folder folder;
  // Winograd's algorithm has the largest workspaces. 8 MiB is what threads have elsewhere.
  folder.write("s.yaml",
               "name: s\ndata: shapes\nlayers: C1:16 C2:16 c3:8 P1 C4:16 GAP c5:10\nnorm: batch\n"
               "train: {epochs: 1}\n");
  const Result built = folder.shell(castnet_command("train s.yaml --build-only") + " | tail -n 1");
  REQUIRE(built.status == 0);
  const std::string trainer = built.output.substr(0, built.output.find('\n'));
  const Result trained =
      folder.shell("ulimit -s 256; export OMP_STACKSIZE=256k; '" + trainer + "' --out run 2>&1");
  INFO(trained.output);
  CHECK(trained.status == 0);
  CHECK(folder.has("run/last.safetensors"));
}

TEST_CASE("threads of trainers sleep while they wait, unless the environment says otherwise") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  // libgomp tells its settings when a program starts.
  const auto told = [&](const std::string& environment, const std::string& out) {
    return folder
        .shell("env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT OMP_DISPLAY_ENV=verbose " + environment +
               " " + castnet_command("train s.yaml --out " + out))
        .output;
  };
  CHECK(contains(told("", "a"), "GOMP_SPINCOUNT = '1000'"));
  CHECK(contains(told("GOMP_SPINCOUNT=77", "b"), "GOMP_SPINCOUNT = '77'"));
  CHECK_FALSE(contains(told("OMP_WAIT_POLICY=active", "c"), "GOMP_SPINCOUNT = '1000'"));
}

TEST_CASE("schema prints a JSON Schema") {
  const Folder folder;
  const Result result = folder.castnet("schema");
  CHECK(result.status == 0);
  CHECK(result.output.starts_with("{"));
  CHECK(contains(result.output, "\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""));
  CHECK(contains(result.output, "\"label_smoothing\""));
}

TEST_CASE("schema prints the tables of keys that the documentation has") {
  const Folder folder;
  const Result result = folder.castnet("schema --tables");
  CHECK(result.status == 0);
  CHECK(result.output.starts_with("## Data sets\n\n| key | for | type |"));
  CHECK(contains(result.output, "\n## Schedule\n\n"));
  std::ifstream file(CASTNET_SOURCE_DIR "/docs/spec.md");
  const std::string docs{std::istreambuf_iterator<char>(file), {}};
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('|')) CHECK(contains(docs, line));
  }
}

TEST_CASE("the checked-in generated sources are fresh") {
  const fs::path root = CASTNET_SOURCE_DIR;
  std::string specs;
  for (const fs::path& folder : {root / "specs", root / "specs/best"}) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".yaml") specs += " '" + entry.path().string() + "'";
    }
  }
  const Folder folder;
  const Result result =
      folder.castnet("generate" + specs + " --check -o '" + (root / "generated").string() + "'");
  INFO(result.output << "\nmend it with: castnet generate specs/*.yaml specs/best/*.yaml");
  CHECK(result.status == 0);
}

}  // namespace
