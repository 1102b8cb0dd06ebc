// What stops the program: errors against the allocator, told with address, kind and first frames.
//
// One call's worth of memory safety: nothing is allocated, and from here on allocation answers
// with null, so that whatever runs until abort() ends can't wait for a lock of ours.
#pragma once

#include <cstddef>

namespace ebb::engine {

enum class misuse_kind {
    double_free,    ///< a block that is free already
    foreign,        ///< an address that is no block's here
    interior,       ///< inside of a block, not its start
    overrun,        ///< the byte behind what was asked for was written
    wrong_size,     ///< a sized free with another size than was asked for
    use_after_free, ///< a free block was written to (hardened)
};

/// Writes `ebb: KIND of ADDRESS ...` and the first frames to standard error, then aborts.
/// `call` is the function that the program called ("free"); `slot` the bytes of the slot, or 0.
[[noreturn]] void misuse(misuse_kind kind, const void* address, std::size_t slot = 0) noexcept;

/// Whether misuse() is at work: the heap is closed.
[[nodiscard]] bool heap_closed() noexcept;

} // namespace ebb::engine
