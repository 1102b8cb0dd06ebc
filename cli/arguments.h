// What the commands share in reading their arguments: as the suites do.
#pragma once

#include <ebb/bench/arguments.h>

namespace ebb::cli {

using bench::among;
using bench::most_runs;
using bench::number;
using bench::refuse;
using bench::split;

} // namespace ebb::cli
