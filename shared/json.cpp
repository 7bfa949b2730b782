#include "castnet_shared/json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace castnet {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDeepest = 64;

/// Sees each value as it is read.
class Checker : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(std::int64_t) override { return true; }
  bool number_unsigned(std::uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(Json::binary_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool key(std::string& name) override {
    if (keys_.back().insert(name).second) return true;
    throw JsonError(fmt::format("the key '{:.40}' stands twice in one object", name));
  }
  bool parse_error(std::size_t place, const std::string&,
                   const nlohmann::detail::exception& error) override {
    throw JsonError(fmt::format("not JSON at byte {}: {}", place, error.what()));
  }

 private:
  bool enter() {
    if (keys_.size() == kDeepest) {
      throw JsonError(fmt::format("nested more than {} deep", kDeepest));
    }
    keys_.emplace_back();
    return true;
  }
  bool leave() {
    keys_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> keys_;  ///< of each open array and object, seen so far
};

}  // namespace

void check_json(std::string_view text) {
  Checker checker;
  Json::sax_parse(text, &checker);
}

}  // namespace castnet
