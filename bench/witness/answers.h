// Which malloc answers in this process, without a call that allocates.
//
// The witness asks inside of a program that isn't ebb's. dlsym won't do there: when it finds
// nothing it allocates its complaint, and of a program that isn't position-independent it may
// return the program's own stub for the function. What a call of `malloc` in this library reaches
// is written in this library's own table of jump slots; dladdr names the object that it lies in.
// Threads: before main. Cost: microseconds, no allocation but for small test blocks.
#pragma once

#include <ebb/bench/witness/line_buffer.h>

namespace ebb::bench {

/// What EBB_WITNESS says (line.h).
struct expectation {
    const char* malloc;  ///< a known malloc's name, or "-"
    const char* front;   ///< the library that counts in front of it, or ""
    const char* library; ///< the malloc's
};

/// The object that `malloc` here comes from, behind what counts in front of it: its path as it was
/// loaded, "" for the program itself.
[[nodiscard]] const char* object_of_malloc() noexcept;

/// Whether a function lies in the object that calls of `malloc` reach first.
[[nodiscard]] bool beside_malloc(const void* function) noexcept;

/// Nothing when `malloc`, `free`, `calloc` and `aligned_alloc` are those of `front`, which hands on
/// to those of `library`, or of `library` where there is no front, and a test block moves the
/// malloc's own counter, where it has one; else what answers instead is added to `line`. A test
/// block was allocated and freed when
/// `*took_a_block` is set.
void check_malloc(const expectation& wanted, line_buffer& line, unsigned* blocks) noexcept;

} // namespace ebb::bench
