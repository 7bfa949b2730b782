// castnet as a user runs it: output, messages and exit statuses.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

namespace fs = std::filesystem;

struct Result {
  int status;
  std::string output;  ///< standard output and error
};

/// A fresh folder, the current one of every command.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / "castnet_cli_XXXXXX") {
    std::string name = path_.string();
    REQUIRE(mkdtemp(name.data()));
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool has(const std::string& name) const { return fs::exists(path_ / name); }

  Result castnet(const std::string& arguments) const {
    const std::string command = "cd '" + path_.string() + "' && XDG_CACHE_HOME=cache '" +
                                CASTNET_PROGRAM + "' " + arguments + " 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe);
    std::string output;
    for (char buffer[4096]; const std::size_t got = fread(buffer, 1, sizeof buffer, pipe);) {
      output.append(buffer, got);
    }
    return {WEXITSTATUS(pclose(pipe)), output};
  }

 private:
  fs::path path_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const char* const kSpec =
    "name: small\ndata: shapes\nlayers: C1:4 P1 C2:4 GAP c3:10\nnorm: batch\n"
    "budget: {parameters: 400}\ntrain: {epochs: 1}\nvariants: {layer: {norm: layer}}\n";

TEST_CASE("check prints the table and the budget") {
  const Folder folder;
  folder.write("s.yaml", kSpec);
  const Result fine = folder.castnet("check s.yaml");
  INFO(fine.output);
  CHECK(fine.status == 0);
  CHECK(contains(fine.output, "C1        4x32x32     3x3         116"));
  CHECK(contains(fine.output, "budget: 318 parameters of 400 (82 left)"));
  CHECK(contains(fine.output, "small_layer"));
  const Result over = folder.castnet("check s.yaml --set budget.parameters=300");
  INFO(over.output);
  CHECK(over.status == 1);
  CHECK(contains(over.output, "318 parameters of 300 (18 too many)"));
  CHECK(contains(over.output, "error: small is over its budget"));
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
  folder.write("specs/s.yaml", kSpec);
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

TEST_CASE("train runs the whole loop; missing data is told with exit status 3") {
  const Folder folder;
  folder.write("s.yaml", kSpec);
  const Result trained = folder.castnet("train s.yaml --out run");
  INFO(trained.output);
  REQUIRE(trained.status == 0);
  for (const char* file :
       {"metrics.csv", "confusion.csv", "confusion.png", "misclassified.csv", "misclassified.png",
        "curves.png", "best.safetensors", "last.safetensors", "run.json"}) {
    INFO(file);
    CHECK(folder.has(std::string("run/") + file));
  }
  const Result missing =
      folder.castnet("train s.yaml --set data=cifar10 --data nowhere --out other");
  INFO(missing.output);
  CHECK(missing.status == 3);
  CHECK(contains(missing.output, "nowhere"));
}

TEST_CASE("schema prints a JSON Schema") {
  const Folder folder;
  const Result result = folder.castnet("schema");
  CHECK(result.status == 0);
  CHECK(result.output.starts_with("{"));
  CHECK(contains(result.output, "\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""));
  CHECK(contains(result.output, "\"label_smoothing\""));
}

TEST_CASE("the checked-in generated sources are fresh") {
  const fs::path root = CASTNET_SOURCE_DIR;
  std::string specs;
  for (const auto& entry : fs::directory_iterator(root / "specs")) {
    if (entry.path().extension() == ".yaml") specs += " '" + entry.path().string() + "'";
  }
  const Folder folder;
  const Result result =
      folder.castnet("generate" + specs + " --check -o '" + (root / "generated").string() + "'");
  INFO(result.output << "\nmend it with: castnet generate specs/*.yaml");
  CHECK(result.status == 0);
}

}  // namespace
