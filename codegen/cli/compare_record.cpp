#include "cli/compare_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "castnet_shared/file.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Whether the label names something in the folder itself.
bool is_label(const std::string& label) {
  return !label.empty() && !label.starts_with('.') && label.find('/') == label.npos;
}

CompareRecord parse_record(const std::string& text) {
  const Json json = Json::parse(text);
  CompareRecord record{json.at("target_accuracy").get<double>(), {}};
  for (const Json& one : json.at("variants")) {
    record.variants.push_back(
        {one.at("label").get<std::string>(), one.at("seeds").get<std::vector<std::uint64_t>>()});
    if (!is_label(record.variants.back().label)) throw std::runtime_error("has no proper labels");
  }
  return record;
}

}  // namespace

fs::path run_folder(const fs::path& out, const std::string& label, std::uint64_t seed) {
  return out / label / fmt::format("seed-{}", seed);
}

std::optional<CompareRecord> read_record(const fs::path& out) {
  const auto text = read_if_there(out / kCompareRecord);
  if (!text) return {};
  try {
    return parse_record(*text);
  } catch (const std::exception&) {
    throw std::runtime_error(
        fmt::format("{}: not what castnet compare writes; the same castnet compare writes it again",
                    (out / kCompareRecord).string()));
  }
}

void write_record(const fs::path& out, const CompareRecord& record) {
  Json variants = Json::array();
  for (const ComparedVariant& one : record.variants) {
    variants.push_back({{"label", one.label}, {"seeds", one.seeds}});
  }
  const Json json = {{"target_accuracy", record.target}, {"variants", std::move(variants)}};
  write_file(out / kCompareRecord, json.dump(2) + '\n');
}

std::vector<std::string> labels_in_table(const fs::path& out) {
  const std::string csv = read_if_there(out / "compare.csv").value_or("");
  std::vector<std::string> labels;
  for (std::size_t line = csv.find('\n') + 1; line > 0 && line < csv.size();
       line = csv.find('\n', line) + 1) {
    labels.push_back(csv.substr(line, csv.find(',', line) - line));
  }
  std::erase_if(labels, [](const std::string& label) { return !is_label(label); });
  return labels;
}

std::vector<std::string> files_of(const std::vector<std::string>& labels) {
  std::vector<std::string> names{"compare.csv", "compare.md", "loss.png", "accuracy.png"};
  for (const std::string& label : labels) {
    names.push_back(fmt::format("only_{}.csv", label));
    names.push_back(fmt::format("only_{}.png", label));
  }
  return names;
}

std::vector<std::string> recorded_files(const fs::path& out) {
  std::vector<std::string> labels = labels_in_table(out);
  try {
    if (const auto record = read_record(out)) {
      for (const ComparedVariant& one : record->variants) labels.push_back(one.label);
    }
  } catch (const std::runtime_error&) {
    // Damaged: the table tells what there is.
  }
  return files_of(labels);
}

void remove_files(const fs::path& out, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    std::error_code error;
    fs::remove(out / name, error);
    if (error) throw FileError("remove", out / name, error.value());
  }
}

}  // namespace castnet::codegen
