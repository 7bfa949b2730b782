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

TEST_CASE("an option that there is not is told, and what is meant") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const auto told = [&](const std::string& command, const std::string& message) {
    const Result result = folder.castnet(command);
    INFO(command << '\n' << result.output);
    CHECK(result.status == 2);
    CHECK(result.output == message + '\n');
  };
  told("train s.yaml --varient layer",
       "castnet train: unknown option '--varient'; did you mean '--variant'?");
  told("compare s.yaml --varient layer",
       "castnet compare: unknown option '--varient'; did you mean '--variants'?");
  told("train s.yaml --lr 0.1",
       "castnet train: unknown option '--lr'; the learning rate stands in the spec's "
       "train.schedule; try, for instance, --set train.schedule.one_cycle.peak=0.1");
  told("train s.yaml --learning-rate=0.1",
       "castnet train: unknown option '--learning-rate'; the learning rate stands in the spec's "
       "train.schedule; try, for instance, --set train.schedule.one_cycle.peak=0.1");
  told("train s.yaml --epochs 5",
       "castnet train: unknown option '--epochs'; this value stands in the spec; try --set "
       "train.epochs=VALUE");
  told("check s.yaml --batch-size 5",
       "castnet check: unknown option '--batch-size'; this value stands in the spec; try --set "
       "train.batch=VALUE");
  told("check s.yaml --norm layer",
       "castnet check: unknown option '--norm'; this value stands in the spec; try --set "
       "norm=VALUE");
  told("report run --epochs 5",
       "castnet report: unknown option '--epochs'; castnet report --help lists the options");
  told("train s.yaml --out", "castnet train: --out needs a value");
  told("train s.yaml --out a --out b", "castnet train: --out is given more than once");
  CHECK(folder
            .castnet("train s.yaml --set train.schedule.one_cycle.peak=0.1 --build-only --set "
                     "budget.parameters=1")
            .status == 1);  // what the hint says is a spec
}

TEST_CASE("a command says how many specs it takes, and that a name is empty") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const auto told = [&](const std::string& command, const std::string& message) {
    const Result result = folder.castnet(command);
    INFO(command << '\n' << result.output);
    CHECK(result.status == 2);
    CHECK(contains(result.output, message));
    CHECK_FALSE(contains(result.output, "required"));
  };
  told("train s.yaml t.yaml", "castnet train: takes one SPEC, but 2 are given: s.yaml, t.yaml\n");
  told("verify s.yaml t.yaml", "castnet verify: takes one SPEC, but 2 are given: s.yaml, t.yaml\n");
  told("diff a b c", "castnet diff: takes one SPEC or two, but 3 are given: a, b, c\n");
  told("compare s.yaml --variants ''", "--variants: is empty");
  told("diff s.yaml --variants ''", "--variants: is empty");
  told("check s.yaml --set ''", "--set: is empty");
  told("compare s.yaml --out ''", "--out: is empty");
  told("train s.yaml --out ''", "--out: is empty");
}

TEST_CASE("where nothing can be written, the folder is named, and what to do") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml", kSmallSpec);
  const auto told = [&](const std::string& command, const std::string& place,
                        const std::string& remedy) {
    const Result result = folder.castnet(command);
    INFO(command << '\n' << result.output);
    CHECK(result.status == 3);
    CHECK(contains(result.output, "'" + place));
    CHECK(contains(result.output, remedy));
    CHECK_FALSE(contains(result.output, "filesystem error"));
    CHECK_FALSE(contains(result.output, "compiling"));
  };
  // /sys takes no folders, whoever asks.
  told("generate s.yaml -o /sys/castnet", "/sys/castnet/small",
       "; make its folder writable, or name another with --out");
  told("compare s.yaml --out /sys/castnet", "/sys/castnet",
       "; make its folder writable, or name another with --out");
  told("generate s.yaml -o s.yaml/below", "s.yaml/below/small", "Not a directory");
  told("compare s.yaml --out s.yaml/below", "s.yaml/below", "Not a directory");
}

TEST_CASE("every command takes 'base' for the spec itself, and not its norm") {
  const Folder folder;
  folder.write("s.yaml", kSmallSpec);
  const std::string base = folder.castnet("check s.yaml --variant ''").output;
  CHECK(contains(base, "small: shapes from s.yaml"));
  CHECK_FALSE(contains(base, "small_layer"));
  CHECK(folder.castnet("check s.yaml --variant base").output == base);
  const Result norm = folder.castnet("check s.yaml --variant batch");
  CHECK(norm.status == 2);
  CHECK(contains(norm.output, "s.yaml: error: no variant 'batch'; the spec has base, layer"));
  CHECK(contains(folder.castnet("check s.yaml --variant layer").output, "small_layer: shapes"));
  const Result unknown = folder.castnet("check s.yaml --variant group");
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.output, "s.yaml: error: no variant 'group'; the spec has base, layer"));
}

TEST_CASE("options of the program that castnet becomes are checked before it is compiled") {
  const Folder folder(Folder::Cache::own);
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
  CHECK(contains(source, "\n          \"'my specs/s.yaml'" + literal + "\",\n"));
}

}  // namespace
