// Abseil's release, as words.
#pragma once

#include <absl/base/config.h>

#include <string>

namespace ebb::bench::peers {

inline const std::string absl_version =
#ifdef ABSL_LTS_RELEASE_VERSION
    std::to_string(ABSL_LTS_RELEASE_VERSION) + '.' + std::to_string(ABSL_LTS_RELEASE_PATCH_LEVEL);
#else
    "not a release";
#endif

} // namespace ebb::bench::peers
