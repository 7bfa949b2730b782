// Everything that reads what a stranger wrote: given any bytes it returns, or throws one of its
// errors.
#pragma once

#include <span>
#include <string_view>

namespace castnet::fuzz {

/// A reader of bytes, and of nothing else. Aborts where something does not hold that must for all
/// bytes.
struct Reader {
  std::string_view name;  ///< of its folder in corpus/
  void (*read)(std::string_view bytes);
};

/// All of them.
std::span<const Reader> readers();

/// One reader on some bytes. What it throws, std::runtime_error but with a message, is its answer;
/// anything else goes on.
void try_reader(const Reader& reader, std::string_view bytes);

/// Aborts unless it holds.
void require(bool holds);

// spec.cpp: any bytes as a spec, and as lines that are `--set` over one.
void read_spec(std::string_view bytes);
void read_set(std::string_view bytes);

// data.cpp. The first byte says which of a data set's files the others are.
void read_idx(std::string_view bytes);
void read_cifar(std::string_view bytes);
void read_image(std::string_view bytes);

// run.cpp: the files of a run directory, and run.json as the trainer reads it.
void read_safetensors(std::string_view bytes);
void read_metrics(std::string_view bytes);
void read_predictions(std::string_view bytes);
void read_confusion(std::string_view bytes);
void read_resumed_json(std::string_view bytes);

// report.cpp: what castnet itself reads of a run and of a comparison.
void read_run_json(std::string_view bytes);
void read_compare_json(std::string_view bytes);

}  // namespace castnet::fuzz
