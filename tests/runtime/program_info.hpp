// A program's facts for tests of what reads data sets.
#pragma once

#include "core/program.hpp"

namespace castnet::test {

/// A program for `data_set`, of ten classes and CIFAR-10's shape. The fields are the caller's to
/// change.
inline ProgramInfo info_of(const char* data_set, const char* folder = "") {
  ProgramInfo info = {};
  info.name = "net";
  info.data_set = data_set;
  info.folder = folder;
  info.batch = 2;
  info.channels = 3;
  info.height = info.width = 32;
  info.classes = 10;
  return info;
}

}  // namespace castnet::test
