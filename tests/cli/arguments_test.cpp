// castnet's command line: what its options take, and what it says of itself.
#include "support.hpp"

namespace {

using namespace castnet::test;

TEST_CASE("check prints the plans as text only") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const Result result = folder.castnet("check s.yaml --json --plan");
  INFO(result.output);
  CHECK(result.status == 2);
  CHECK(contains(result.output, "--json excludes --plan"));
}

TEST_CASE("a spec's file has a name in UTF-8") {
  const Folder folder;
  folder.write("caf\xe9.yaml", kSmallSpec);
  const Result result = folder.castnet("check caf*.yaml");
  INFO(result.output);
  CHECK(result.status == 2);
  CHECK(contains(result.output,
                 "caf\\xe9.yaml: error: in this file's name, byte 0xe9 at offset 3 is not UTF-8; "
                 "rename it"));
}

TEST_CASE("a result that cannot be written is an error") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  for (const std::string command : {"check s.yaml", "check s.yaml --json", "generate s.yaml",
                                    "diff s.yaml --variants base,layer", "schema", "--help"}) {
    const Result result = folder.shell("'" CASTNET_PROGRAM "' " + command + " 2>&1 >/dev/full");
    INFO(command << result.output);
    CHECK(result.status == 3);
    CHECK(contains(result.output, "castnet: "));
    CHECK(contains(result.output, "No space left on device"));
  }
}

TEST_CASE("no list swallows the spec behind it") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  for (const std::string command :
       {"check --set train.epochs=2", "generate --target cpu",
        "generate --target cpu --target cuda", "diff --variants base,layer",
        "diff --variants base --variants layer"}) {
    for (const std::string more : {"", " --set train.epochs=3"}) {
      const Result result = folder.castnet(command + " s.yaml" + more);
      INFO(command << more << result.output);
      CHECK(result.status == 0);
    }
  }
  CHECK(folder.has("generated/small/cuda.cu"));
  // These go on to a compiler, but for the budget.
  for (const std::string command :
       {"compare --variants layer ", "verify --include a --include b "}) {
    const Result result = folder.castnet(command + "s.yaml --set budget.parameters=300");
    INFO(command << result.output);
    CHECK(result.status == 1);
  }
}

TEST_CASE("wrong usage is told, and what is known") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const Result foreign = folder.castnet("cast s.yaml");
  INFO(foreign.output);
  CHECK(foreign.status == 2);
  CHECK(contains(foreign.output, "castnet: unknown subcommand 'cast'; there are: check, diff, "));
  CHECK_FALSE(contains(foreign.output, "required"));
  CHECK(contains(folder.castnet("chekc s.yaml").output, "did you mean 'check'?"));
  CHECK_FALSE(contains(folder.castnet("check --bad s.yaml").output, "unknown subcommand"));
  for (const std::string command : {"generate s.yaml -o ''", "report runs -o ''"}) {
    const Result empty = folder.castnet(command);
    INFO(empty.output);
    CHECK(empty.status == 2);
    CHECK(contains(empty.output, "is empty"));
  }
}

TEST_CASE("every command takes 'base' or the norm for the spec itself") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const std::string base = folder.castnet("check s.yaml --variant ''").output;
  CHECK(contains(base, "small: shapes from s.yaml"));
  CHECK_FALSE(contains(base, "small_layer"));
  CHECK(folder.castnet("check s.yaml --variant base").output == base);
  CHECK(folder.castnet("check s.yaml --variant batch").output == base);
  CHECK(contains(folder.castnet("check s.yaml --variant layer").output, "small_layer: shapes"));
  const Result unknown = folder.castnet("check s.yaml --variant group");
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.output, "s.yaml: error: no variant 'group'; the spec has base, layer"));
}

TEST_CASE("options of the program that castnet becomes are checked before it is compiled") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  for (const std::string command :
       {"train --threads abc", "train --threads 0", "compare --threads 0", "verify --steps 0",
        "verify --steps many", "verify --tolerance none", "verify --tolerance -1",
        "train --profile --grad-cam"}) {
    const Result result = folder.castnet(command + " s.yaml");
    INFO(command << result.output);
    CHECK(result.status == 2);
    CHECK_FALSE(contains(result.output, "compiling"));
  }
}

TEST_CASE("a generated source tells the command that makes it again, whatever was set") {
  const Folder folder;
  folder.write("my specs/s.yaml", kSmallSpec);
  const std::string sets =
      " --set 'norm=\"batch\"' --set train.epochs=2 --set 'budget={'\\''parameters'\\'': 500}'";
  CHECK(folder.castnet("generate 'my specs/s.yaml'" + sets).status == 0);
  const std::string source = folder.read("generated/small/cpu.cpp");
  const std::string begin = "//   castnet ";
  const std::size_t from = source.find(begin) + begin.size();
  const std::string command = source.substr(from, source.find('\n', from) - from);
  CHECK(command == "generate 'my specs/s.yaml'" + sets);
  const Result fresh = folder.castnet(command + " --check");
  INFO(fresh.output);
  CHECK(fresh.status == 0);
  std::string literal = sets;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] == '"' || literal[i] == '\\') literal.insert(i++, 1, '\\');
  }
  CHECK(contains(source, "\n    \"'my specs/s.yaml'" + literal + "\";\n"));
}

}  // namespace
