// What stops the program: errors against the allocator, told with address, kind and first frames.
//
// From the message on nothing touches the heap or waits for a lock of it: slow calls of allocation
// are answered from a small reserve, blocks that come back are left alone. So whatever runs until
// abort() ends gets on, whoever found the error, under whichever lock: the unwinder, which libc
// loads for the frames, and handlers of SIGABRT.
#pragma once

#include <ebb/alloc/engine/shared.h>

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
extern constinit shared<bool> closed;
[[nodiscard]] inline bool heap_closed() noexcept {
    return closed.load(std::memory_order_relaxed);
}

/// `n` bytes of the reserve, or null where it is used up. They never come back.
[[nodiscard]] void* take_of_reserve(std::size_t n, std::size_t alignment) noexcept;

/// The bytes of a block of the reserve; 0 for any other address.
[[nodiscard]] std::size_t bytes_in_reserve(const void* p) noexcept;

} // namespace ebb::engine
