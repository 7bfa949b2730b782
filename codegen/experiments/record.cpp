#include "experiments/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runs/files.hpp"

namespace castnet::codegen {
namespace {

using Json = nlohmann::ordered_json;

/// Whether the label names something in the folder itself.
bool is_label(const std::string& label) {
  return !label.empty() && !label.starts_with('.') && label.find('/') == label.npos;
}

CompareRecord parse_record(const std::string& text) {
  const Json document = parse_json<Json>(text);
  CompareRecord record{document.at("target_accuracy").get<double>(), {}};
  if (record.target < 0 || record.target > 100) throw std::runtime_error("has no proper target");
  for (const Json& one : document.at("variants")) {
    ComparedVariant& variant =
        record.variants.emplace_back(ComparedVariant{one.at("label").get<std::string>(), {}});
    if (!is_label(variant.label)) throw std::runtime_error("has no proper labels");
    for (const Json& seed : one.at("seeds")) {
      variant.seeds.push_back(whole_number<std::uint64_t>(seed));
    }
  }
  return record;
}

}  // namespace

std::optional<CompareRecord> read_record(const Folder& comparison) {
  if (!comparison.holds(kCompareRecord.name)) return {};
  const std::string text = read(comparison, kCompareRecord);
  try {
    return parse_record(text);
  } catch (const std::exception&) {
    throw std::runtime_error(fmt::format(
        "{}: not a file of castnet compare; the same castnet compare command writes it again",
        (comparison / kCompareRecord.name).string()));
  }
}

void write_record(const Folder& comparison, const CompareRecord& record) {
  Json variants = Json::array();
  for (const ComparedVariant& one : record.variants) {
    variants.push_back({{"label", one.label}, {"seeds", one.seeds}});
  }
  const Json document = {{"target_accuracy", record.target}, {"variants", std::move(variants)}};
  comparison.write(kCompareRecord.name, document.dump(2) + '\n');
}

std::vector<std::string> labels_in_table(const Folder& comparison) {
  const std::string csv = read_if_there(comparison, kCompareTable).value_or("");
  std::vector<std::string> labels;
  for (std::size_t line = csv.find('\n') + 1; line > 0 && line < csv.size();
       line = csv.find('\n', line) + 1) {
    labels.push_back(csv.substr(line, csv.find(',', line) - line));
  }
  std::erase_if(labels, [](const std::string& label) { return !is_label(label); });
  return labels;
}

std::vector<std::string> files_of(const std::vector<std::string>& labels) {
  std::vector<std::string> names{kCompareTable.name, "compare.md", "loss.png", "accuracy.png"};
  for (const std::string& label : labels) {
    names.push_back(fmt::format("only_{}.csv", label));
    names.push_back(fmt::format("only_{}.png", label));
  }
  return names;
}

std::vector<std::string> recorded_files(const Folder& comparison) {
  std::vector<std::string> labels = labels_in_table(comparison);
  try {
    if (const auto record = read_record(comparison)) {
      for (const ComparedVariant& one : record->variants) labels.push_back(one.label);
    }
  } catch (const std::runtime_error&) {
    // The file is damaged, so the table says which runs there are.
  }
  return files_of(labels);
}

void remove_files(const Folder& comparison, const std::vector<std::string>& names) {
  for (const std::string& name : names) comparison.remove(name);
}

}  // namespace castnet::codegen
