// The mallocs that ebb compares: their names, Debian's packages and where the libraries lie.
//
// No malloc is called through its own API: its real library is preloaded into a fresh process,
// where verify.h checks that it is the one that answers.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace ebb::bench {

/// A malloc that ebb knows.
struct known_malloc {
    std::string_view name;    ///< as `--malloc` takes it
    std::string_view package; ///< Debian's package with the library
    std::string_view file;    ///< the library's file name (soname)
};

/// In the order of the table. `go` is no malloc but ebb::go_heap's own model: no library.
inline constexpr std::array<known_malloc, 5> known_mallocs{{
    {"go", "", ""},
    {"glibc", "libc6", "libc.so.6"},
    {"jemalloc", "libjemalloc2", "libjemalloc.so.2"},
    {"mimalloc", "libmimalloc2.0", "libmimalloc.so.2.0"},
    {"tcmalloc", "libtcmalloc-minimal4", "libtcmalloc_minimal.so.4"},
}};

/// The malloc of that name, or null.
[[nodiscard]] const known_malloc* find_malloc(std::string_view name) noexcept;

/// The library's path: the first that exists in LD_LIBRARY_PATH, beside the C library, and in the
/// system's usual folders. Absent when it isn't installed.
[[nodiscard]] std::optional<std::string> find_library(const known_malloc& malloc);

} // namespace ebb::bench
