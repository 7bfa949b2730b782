// Logic-free templates: text with `$name$` holes, in sections that start at a line `// -- name`.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include "layers/layer_type.hpp"

namespace castnet::codegen {

/// A template that is missing, lacks a section, or has a hole without a value.
class TemplateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The templates that were embedded when castnet was built, or those of a folder.
class Templates {
 public:
  Templates() = default;
  explicit Templates(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Fills in a section of `folder/file.cpp`. A hole that stands alone on its line takes a block of
  /// lines at its indentation; the line vanishes where the block is empty.
  std::string render(std::string_view folder, const std::string& file, std::string_view section,
                     const Values& values) const;

  /// The same, of the first of the files that has the section.
  std::string render_first(std::string_view folder, const std::vector<std::string>& files,
                           std::string_view section, const Values& values) const;

  /// The same, and nothing where none has it.
  std::string render_if_there(std::string_view folder, const std::vector<std::string>& files,
                              std::string_view section, const Values& values) const;

 private:
  std::optional<std::string> find(std::string_view folder, const std::vector<std::string>& files,
                                  std::string_view section, const Values& values) const;
  std::string read(const std::string& path) const;
  std::string origin(const std::string& path) const;
  std::optional<std::filesystem::path> directory_;
};

}  // namespace castnet::codegen
