// castnet's command line: what its options take, and what it says of itself.
#include "support.hpp"

namespace {

using namespace castnet::test;

const char* const kSpec =
    "name: small\ndata: shapes\nlayers: C1:4 P1 C2:4 GAP c3:10\nnorm: batch\n"
    "budget: {parameters: 400}\ntrain: {epochs: 1}\nvariants: {layer: {norm: layer}}\n";

TEST_CASE("a generated source tells the command that makes it again, whatever was set") {
  const Folder folder;
  folder.write("my specs/s.yaml", kSpec);
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
