#include "crash.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace castnet::endurance {
namespace {

namespace fs = std::filesystem;

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class Entries, class Entry>
void set_name(Entries& entries, const Entry& entry) {
  if (entry.node) {
    entries[entry.name] = entry.node;
  } else {
    entries.erase(entry.name);
  }
}

}  // namespace

Disk::Disk(const fs::path& folder)
    : path_(folder), root_(std::make_shared<Node>(Node{.folder = true})) {
  // A folder comes before what is in it.
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    auto node = std::make_shared<Node>(Node{.folder = entry.is_directory()});
    if (!node->folder) node->data = node->safe_data = read_bytes(entry.path());
    Node& parent = *find(entry.path().parent_path());
    parent.entries[entry.path().filename()] = parent.safe_entries[entry.path().filename()] = node;
  }
}

std::shared_ptr<Disk::Node> Disk::find(const fs::path& path) const {
  std::shared_ptr<Node> node = root_;
  for (const fs::path& part : path.lexically_relative(path_)) {
    if (part == ".") continue;
    const auto entry = node->entries.find(part);
    if (entry == node->entries.end()) return nullptr;
    node = entry->second;
  }
  return node;
}

void Disk::change(const std::vector<std::pair<fs::path, std::shared_ptr<Node>>>& names) {
  Change one;
  for (const auto& [path, node] : names) {
    const auto folder = find(path.parent_path());
    if (!folder) continue;  // outside
    one.entries.push_back({folder, path.filename(), node});
    one.waits_for.insert(folder.get());
  }
  for (const Entry& entry : one.entries) set_name(entry.folder->entries, entry);
  pending_.push_back(std::move(one));
}

void Disk::sync(const fs::path& path) {
  const auto node = find(path);
  if (!node) return;
  node->safe_data = node->data;
  for (Change& one : pending_) {
    one.waits_for.erase(node.get());
    if (!one.waits_for.empty()) continue;
    for (const Entry& entry : one.entries) set_name(entry.folder->safe_entries, entry);
  }
  std::erase_if(pending_, [](const Change& one) { return one.waits_for.empty(); });
}

void Disk::apply(const Operation& operation) {
  if (operation.error != 0) return;
  const std::string& name = operation.name;
  const auto node = find(operation.path);
  if (name == "create" || name == "mkdir") {
    change({{operation.path, std::make_shared<Node>(Node{.folder = name == "mkdir"})}});
  } else if (name == "unlink" || name == "rmdir") {
    change({{operation.path, nullptr}});
  } else if (name == "rename") {
    change({{operation.path, nullptr}, {operation.other, node}});
  } else if (name == "exchange") {
    change({{operation.path, find(operation.other)}, {operation.other, node}});
  } else if (name == "sync") {
    sync(operation.path);
  } else if (node && name == "truncate") {
    node->data.resize(operation.offset);
  } else if (node && name == "write") {
    node->data.resize(std::max(node->data.size(), operation.offset + operation.data.size()));
    node->data.replace(operation.offset, operation.data.size(), operation.data);
  }
}

void Disk::write(const Node& folder, const fs::path& path, const Folders& changed) {
  fs::create_directories(path);
  const auto own = changed.find(&folder);
  for (const auto& [name, node] : own == changed.end() ? folder.safe_entries : own->second) {
    if (node->folder) {
      write(*node, path / name, changed);
    } else {
      std::ofstream(path / name, std::ios::binary) << node->safe_data;
    }
  }
}

void Disk::restore(Lost lost) const {
  Folders changed;
  for (std::size_t i = 0; i < pending_.size() && lost != Lost::names; ++i) {
    if (lost == Lost::first && i == 0) continue;
    for (const Entry& entry : pending_[i].entries) {
      Entries& entries =
          changed.try_emplace(entry.folder.get(), entry.folder->safe_entries).first->second;
      set_name(entries, entry);
    }
  }
  for (const auto& entry : fs::directory_iterator(path_)) fs::remove_all(entry.path());
  write(*root_, path_, changed);
}

}  // namespace castnet::endurance
