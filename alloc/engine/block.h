// A block, looked at from the outside: where it stands, what it asked for, what its slot says.
//
// Cost: two loads of the page map, and one of the slot or its span.
// Threads: whoever owns the block.
#pragma once

#include <ebb/alloc/engine/hardened.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/poison.h>
#include <ebb/alloc/engine/remainder.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <cstddef>

namespace ebb::engine {

/// A live block.
struct block_info {
    page_entry entry;
    std::size_t requested = 0;
    std::size_t slack = 0; ///< what it leaves of its slot, or of its span

    /// Its bin, or bin_count for a large block.
    [[nodiscard]] std::size_t bin() const noexcept {
        return entry.is_bin() ? entry.tag() : bin_count;
    }
    [[nodiscard]] std::size_t usable_bytes() const noexcept {
        return hardened || poisons ? requested
               : entry.is_bin()    ? usable(traits[entry.tag()].slot, slack)
                                   : requested + slack;
    }
};

/// Stops the program on anything that is no live block's start.
[[nodiscard]] block_info inspect(const void* p) noexcept;

/// Makes a free slot of the bin a block of `n` bytes. Returns what it leaves of the slot.
std::size_t open_slot(void* slot, std::size_t bin, std::size_t n) noexcept;

/// The bytes of a large block's span.
[[nodiscard]] inline std::size_t round_to_blocks(std::size_t n) noexcept {
    const std::size_t behind = hardened ? behind_block + os::page_size() : 0;
    return align_up(std::max<std::size_t>(n + behind, 1), block_bytes);
}

/// Makes a span a large block of `n` bytes.
void open_large(span* s, std::size_t n) noexcept;

/// Makes a block's slot a free one.
void close_slot(void* slot, std::size_t bin) noexcept;

} // namespace ebb::engine
