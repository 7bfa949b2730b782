// What is written down of a run for people.
#pragma once

#include <map>
#include <string>

namespace castnet {

/// Names and values, in run.json.
using Notes = std::map<std::string, std::string>;

}  // namespace castnet
