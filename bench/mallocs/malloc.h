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
    std::string_view package; ///< Debian's package with the library; none has ebb's own
    std::string_view file;    ///< the library's file name (soname)
};

/// In the order of the table. `go` is no malloc but ebb::go_heap's own model: no library.
inline constexpr std::array<known_malloc, 6> known_mallocs{{
    {"go", "", ""},
    {"glibc", "libc6", "libc.so.6"},
    {"jemalloc", "libjemalloc2", "libjemalloc.so.2"},
    {"mimalloc", "libmimalloc2.0", "libmimalloc.so.2.0"},
    {"tcmalloc", "libtcmalloc-minimal4", "libtcmalloc_minimal.so.4"},
    {"ebb", "", "libebbmalloc.so"},
}};

/// The malloc of that name, or null.
[[nodiscard]] const known_malloc* find_malloc(std::string_view name) noexcept;

/// The names of those that have a library, as a message lists what it accepts: "glibc, jemalloc".
[[nodiscard]] std::string names_of_mallocs();

/// The library's path: the first that exists in LD_LIBRARY_PATH, beside the C library, and in the
/// system's usual folders; ebb's own first of all where this program's own libraries lie.
/// Absent when it isn't installed.
[[nodiscard]] std::optional<std::string> find_library(const known_malloc& malloc);

/// A library of ebb's own that lies where this program's do: in ../lib of the folder that holds the
/// program, as built and as installed.
[[nodiscard]] std::optional<std::string> find_own_library(std::string_view file);

/// Why a malloc without a library can't be had: "not installed: apt install libjemalloc2".
[[nodiscard]] std::string how_to_install(const known_malloc& malloc);

/// Whether a list that names no malloc means this one, too. Those of Debian's packages stand there
/// even when they are missing, with their package's name; ebb's own only where it was built.
[[nodiscard]] bool in_default_list(const known_malloc& malloc);

} // namespace ebb::bench
