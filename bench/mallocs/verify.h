// Whether the malloc that answers in this process is the one that was asked for.
//
// Two witnesses: the object that dladdr names for the `malloc` in force is the expected library's
// file, and that library's own counter moves by about the bytes of a test allocation. Either alone
// can lie: a symbol may be interposed, a preloaded library may hand everything on.
#pragma once

#include <string>
#include <string_view>

namespace ebb::bench {

/// An empty string when `malloc`, `free`, `calloc` and `aligned_alloc` here are those of the file
/// `library` and the counter of the malloc called `name` moves; else one line that says what
/// answers instead. A name that isn't a known malloc's stands for a library of the user's own: its
/// counter is ebb's where the library has ebb_heap_ledger, and without one dladdr's word is enough.
/// Cost: one untouched block of 96 KiB, given back at once.
[[nodiscard]] std::string verify_malloc(std::string_view name, const std::string& library);

/// Whether ebb_heap_ledger answers in this process, and is the file `library`'s own.
[[nodiscard]] bool has_ledger(const std::string& library);

} // namespace ebb::bench
