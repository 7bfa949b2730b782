// Run directories made by hand, as a trainer leaves them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../cli/support.hpp"
#include "castnet_shared/sha256.hpp"

namespace castnet::test {

inline const char* const kSpec =
    "name: small\ndata: shapes\nlayers: C1:4 P1 C2:4 GAP c3:10\nnorm: batch\n"
    "train: {epochs: 2}\nvariants: {layer: {norm: layer}}\n";

/// A PNG of one pixel.
inline const std::string kPixel(
    "\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00"
    "\x01\x08\x02\x00\x00\x00\x90\x77\x53\xde\x00\x00\x00\x0c\x49\x44\x41\x54\x78\xda\x63\xb8\x1a"
    "\xc7\x00\x00\x03\x3f\x01\x34\xad\x8a\x38\x9d\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82",
    69);

struct RunSetup {
  std::string spec = kSpec;
  std::string variant = {};
  std::uint64_t seed = 1;
  std::vector<std::string> sets = {};
  std::vector<double> accuracies = {50, 80};  ///< of the test set, an epoch each
  std::vector<double> losses = {};            ///< likewise; else they follow the accuracies
  std::string status = "finished";
  std::vector<std::string> classes = {"cat", "dog"};
  nlohmann::json more = nlohmann::json::object();  ///< of run.json
};

/// Of the weights after an epoch.
inline std::string weights_hash(std::size_t epoch) { return sha256_hex(std::to_string(epoch)); }

/// As castnet makes it of a spec's text and what is set over it.
inline std::string spec_sha256(const RunSetup& setup) {
  std::string text = setup.spec;
  for (const std::string& set : setup.sets) text += "\n--set " + set;
  return sha256_hex(text);
}

inline std::string run_json(const RunSetup& setup) {
  std::string command = "specs/small.yaml";
  for (const std::string& set : setup.sets) {
    command += " --set '";
    for (const char c : set) command += c == '\'' ? "'\\''" : std::string(1, c);
    command += '\'';
  }
  nlohmann::json json{
      {"name", setup.variant.empty() ? "small" : "small_" + setup.variant},
      {"variant", setup.variant},
      {"status", setup.status},
      {"seed", setup.seed},
      {"epochs", setup.accuracies.size()},
      {"batch", 128},
      {"target", "cpu"},
      {"number_type", "F32"},
      {"castnet", {{"version", "0.1.0"}}},
      {"data",
       {{"name", "shapes"}, {"training_images", 10}, {"test_images", 20}, {"sha256", "ab"}}},
      {"parameters", 318},
      {"best_epoch", setup.accuracies.size()},
      {"reported", {{"epoch", setup.accuracies.size()}}},
      {"final", {{"weights_sha256", weights_hash(setup.accuracies.size())}}},
      {"spec",
       {{"path", "specs/small.yaml"},
        {"sha256", spec_sha256(setup)},
        {"generate", command},
        {"text", setup.spec}}}};
  json.update(setup.more);
  return json.dump();
}

inline std::string metrics_csv(const RunSetup& setup) {
  std::string text =
      "epoch,step,lr,train_loss,train_accuracy,test_loss,test_accuracy,seconds,"
      "images_per_second,weights_sha256\n";
  for (std::size_t i = 0; i < setup.accuracies.size(); ++i) {
    const std::string accuracy = std::to_string(setup.accuracies[i]);
    const double loss = setup.losses.empty() ? 2 - setup.accuracies[i] / 50 : setup.losses[i];
    text += std::to_string(i + 1) + ",1,0.1,1.5,40," + std::to_string(loss) + ',' + accuracy +
            ",3,100," + weights_hash(i + 1) + '\n';
  }
  return text;
}

/// `text` as a cell of a CSV file.
inline std::string quoted(const std::string& text) { return '"' + text + '"'; }

/// A run of two classes, with test image 7 of the first taken for the second.
inline void write_run(const Folder& folder, const std::string& name, const RunSetup& setup = {}) {
  const std::string a = quoted(setup.classes[0]);
  const std::string b = quoted(setup.classes[1]);
  folder.write(name + "/run.json", run_json(setup));
  folder.write(name + "/metrics.csv", metrics_csv(setup));
  folder.write(name + "/confusion.csv",
               "true," + a + ',' + b + ",accuracy\n" + a + ",9,1,90.00\n" + b + ",3,7,70.00\n");
  folder.write(name + "/misclassified.csv", "index,true,predicted,probability,loss," + a + ',' + b +
                                                "\n7," + a + ',' + b +
                                                ",0.750000,1.386294,0.250000,0.750000\n");
  folder.write(name + "/misclassified/7.png", kPixel);
}

}  // namespace castnet::test
