// marks: what a sanitizer of the program's is told about memory that isn't malloc's.
//
// A program may be compiled with a sanitizer and the library without, or some of its files with and
// some without. So the library alone tells, of every file's memory, by references to the
// sanitizer's functions that are weak: where there is no sanitizer they are null. Bytes that one
// file poisons by a call from here are unpoisoned by a call from here, whoever makes it. Costs:
// without a sanitizer a load and a branch. Threads: any.
#pragma once

#include <cstddef>

namespace ebb::marks {

/// Whether the process has the address sanitizer: without it poison() and unpoison() do nothing.
extern const bool poisons;

/// Nobody may touch these bytes until they are unpoisoned.
void poison(void* p, std::size_t bytes) noexcept;
void unpoison(void* p, std::size_t bytes) noexcept;

/// Pointers in these bytes keep what they point to from being a leak, as long as they are a root.
/// What a leaked map holds is therefore no leak to the leak sanitizer.
void add_root(const void* p, std::size_t bytes) noexcept;
/// Requires: exactly these were added.
void remove_root(const void* p, std::size_t bytes) noexcept;

} // namespace ebb::marks
