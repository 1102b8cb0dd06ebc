// The line of progress: as the suites have it.
#pragma once

#include <ebb/bench/progress.h>

namespace ebb::cli {

using bench::progress;

} // namespace ebb::cli
