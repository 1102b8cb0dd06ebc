// bump: blocks one behind the other, given back all at once. For what lives and dies together.
//
// Features: the last block rolls back when freed, any other turns dead; mark and rewind; reset.
// Costs: a block is an alignment, a comparison and the cursor's addition, its header none; the
// ledger follows from the cursor (below). Chunks come in whole pages and double from 64 KiB to 4
// MiB, so that a chunk costs one system call for up to 1,024 page faults and the unused rest of the
// last one stays below 4 MiB.
//
// A chunk. Its header stands at the end, so that an over-aligned block starts its chunk:
//
//     0                                  cursor                   bytes - 32       bytes
//     +-----------+-+-------------+- - - +------------------------+----------------+
//     | block     |/| block       |      | unused                 | header         |
//     +-----------+-+-------------+- - - +------------------------+----------------+
//      `- padding (/) is slack           `- idle                  `- overhead
//
// Every 32 KiB a cache line stays empty (`lane_bytes` says why); it counts as padding.
//
// Terms: padding before a block is slack until the reset, since nothing tells it from the block
// before. The unused tail of a chunk left for the next is idle: a rewind makes it usable again.
//
// Counting without a counter a block. With `occupied` = cursor + base (base changes with the chunk)
//
//     requested = cursor + base - slack - dead
//
// and slack changes only where a block is padded or empty, dead only where one is freed. Between
// two moments at which any of them falls, the cursor's highest place is that of both peaks: `top_`
// remembers up to where they are folded, so that a free compares once and mostly folds nothing.
// While marks are open it is 0, so that the same comparison leads each free to them.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/intrusive_list.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ebb {

/// An arena that only moves a cursor. Not copied, not moved: markers point back at it.
///
/// Invariants, checked by `validate()`:
///  1. Chunks are linked newest first; `cursor_ … end_` is the unused part of the newest, or
///     of its lane.
///  2. Used bytes of all chunks, up to `left_at` in those left, are the ledger's
///     requested + slack + dead.
///  3. Open marks are listed newest first, and none stands at a later place than a newer one.
///  4. Spare chunks hold nothing.
///  5. The peaks cover every moment at which the cursor stood at `top_` or before.
class bump {
    struct chunk {
        chunk* before = nullptr;    // the next older one
        std::size_t bytes = 0;      // with this header
        std::size_t alignment = 0;  // as the upstream was asked for
        std::uintptr_t left_at = 0; // where the cursor stood when the next chunk came
    };

  public:
    static constexpr std::size_t first_chunk_bytes = 64 * kib;
    static constexpr std::size_t max_chunk_bytes = 4 * mib;

    /// After so many bytes of a chunk a cache line is skipped (slack, 0.2 %), so that the
    /// beginnings of blocks of 512, 1024, … bytes don't all fall into the same few sets of the
    /// caches. A block of 4,096 bytes in batches of 1,000: 16.3 ns without, 7.4 with lanes of 64
    /// KiB, 4.2 of 32, 3.9 of 16; of 512 bytes 4.1, 3.7, 3.7, 3.7 (`bench_arenas`, batches).
    static constexpr std::size_t lane_bytes = 32 * kib;
    static constexpr std::size_t line_bytes = 64;

    /// A place to go back to, as long as this object lives. It takes no bytes of the arena: the
    /// arena's list of open marks runs through the markers themselves.
    class marker {
      public:
        marker(const marker&) = delete;
        marker& operator=(const marker&) = delete;
        /// Closes the mark; rewinds nothing.
        ~marker() {
            if (arena_ != nullptr) {
                arena_->marks_.remove(this);
            }
        }

      private:
        friend class bump;
        friend struct own_links;
        explicit marker(bump& arena) noexcept
            : arena_(&arena), chunk_(arena.current_), cursor_(arena.cursor_),
              occupied_(arena.occupied()), slack_(arena.slack_), dead_(arena.dead_) {
            arena.marks_.push_front(this);
            arena.top_ = 0;
        }

        bump* arena_; // null: stale
        chunk* chunk_;
        std::uintptr_t cursor_;
        std::uint64_t occupied_;
        std::uint64_t slack_;
        std::uint64_t dead_;
        list_links<marker> links;
    };

    /// Takes nothing from `upstream` yet.
    explicit bump(std::pmr::memory_resource& upstream = system_pages()) noexcept
        : upstream_(&upstream) {}
    bump(const bump&) = delete;
    bump& operator=(const bump&) = delete;
    /// Gives every chunk back; open markers turn stale.
    ~bump();

    /// The next bytes. Throws std::bad_alloc, nothing changed, when the upstream has none.
    /// Requires: `alignment` a power of two.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = 8) {
        EBB_ASSERT(is_alignment(alignment), "bump: alignment must be a power of two");
        const std::uintptr_t at = align_up(cursor_, alignment);
        const std::uintptr_t after = at + slot_of(bytes);
        // A size that wraps the sum is more than half of what can be addressed.
        if (after > end_ || bytes > SIZE_MAX / 2) [[unlikely]] {
            return allocate_past_lane(bytes, alignment);
        }
        if (after - cursor_ != bytes) [[unlikely]] {
            slack_ += after - cursor_ - bytes;
        }
        cursor_ = after;
        return reinterpret_cast<void*>(at);
    }

    /// The last block becomes idle again (padding before it stays slack), any other dead.
    /// Cost: while marks are open, also a step for each of them and for each chunk since the first.
    void deallocate(void* p, std::size_t bytes, std::size_t = 8) noexcept {
        EBB_ASSERT(holds(p), "bump: deallocate of a block of another arena");
        if (cursor_ > top_) {
            before_a_fall(address_of(p), bytes);
        }
        if (bytes == 0) [[unlikely]] {
            forget_slack_of_empty();
        }
        if (address_of(p) + slot_of(bytes) == cursor_) {
            cursor_ = address_of(p);
        } else {
            dead_ += slot_of(bytes);
        }
    }

    /// The block without the padding before it, which no block owns. An empty block takes a byte.
    [[nodiscard]] std::size_t slot_bytes(const void*, std::size_t bytes,
                                         std::size_t) const noexcept {
        return slot_of(bytes);
    }

    /// Makes every byte idle again. Chunks are kept up to what the last round took that took any,
    /// or 4 MiB; the others go back to the upstream, and with `trim()` those too. So a loop of like
    /// rounds makes no system call, and one huge round is not held on to. Open markers turn stale.
    void reset() noexcept;

    /// Opens a mark here.
    [[nodiscard]] marker mark() noexcept { return marker(*this); }

    /// Takes back whatever was handed out since the mark: the ledger stands as it did then, but for
    /// older blocks that were freed in between, and for the peaks. The mark stays open; newer ones
    /// turn stale. The chunks taken since are kept as in `reset()`.
    /// Stops the program when `m` is stale or another arena's.
    void rewind(marker& m) noexcept;

    /// Stops the program when more was given back than handed out.
    [[nodiscard]] ledger read() const noexcept;
    /// Gives the kept chunks back, and the newest ones if all their blocks were rolled back.
    void trim() noexcept;
    void validate() const;

  private:
    static constexpr std::size_t slot_of(std::size_t bytes) noexcept {
        return bytes + (bytes == 0 ? 1 : 0);
    }
    static std::uintptr_t begin_of(const chunk* c) noexcept { return address_of(c + 1) - c->bytes; }
    static std::uintptr_t lane_end(const chunk* c, std::uintptr_t cursor) noexcept {
        return address_of(c) - cursor > lane_bytes ? cursor + lane_bytes : address_of(c);
    }
    static bool lies_in(std::uintptr_t at, const chunk* c) noexcept {
        return at >= begin_of(c) && at < address_of(c);
    }

    [[nodiscard]] std::uint64_t occupied() const noexcept { return cursor_ + base_; }
    [[nodiscard]] std::uint64_t requested() const noexcept { return occupied() - slack_ - dead_; }

    void* allocate_past_lane(std::size_t bytes, std::size_t alignment);
    chunk* take_chunk(std::size_t bytes, std::size_t alignment);
    chunk* ask_for_chunk(std::size_t bytes, std::size_t least, std::size_t alignment);
    void stand_at(chunk* c, std::uintptr_t cursor, std::uint64_t occupied) noexcept;
    void fold() noexcept {
        peak_ = std::max(peak_, occupied());
        peak_requested_ = std::max(peak_requested_, requested());
    }
    void before_a_fall(std::uintptr_t block, std::size_t bytes) noexcept {
        fold();
        if (marks_.empty()) [[likely]] {
            top_ = cursor_;
        } else {
            tell_marks(block, bytes);
        }
    }
    void forget_slack_of_empty() noexcept;
    void tell_marks(std::uintptr_t block, std::size_t bytes) noexcept;
    void retire_newer_than(const chunk* kept) noexcept;
    void give_back(chunk* c) noexcept;
    [[nodiscard]] bool holds(const void* p) const noexcept;

    std::uintptr_t cursor_ = 0;
    std::uintptr_t end_ = 0;
    std::uintptr_t top_ = 0;
    std::uint64_t dead_ = 0;
    intrusive_list<marker> marks_;
    std::uint64_t slack_ = 0;
    std::uint64_t base_ = 0; // occupied less the cursor; wraps
    std::uint64_t mapped_ = 0;
    std::uint64_t overhead_ = 0;
    std::uint64_t peak_ = 0;
    std::uint64_t peak_requested_ = 0;
    std::uint64_t peak_mapped_ = 0;
    chunk* current_ = nullptr;
    chunk* spare_ = nullptr; // linked through `before`
    std::size_t spare_bytes_ = 0;
    std::size_t kept_bytes_ = max_chunk_bytes; // so much may be spare
    std::size_t next_chunk_bytes_ = first_chunk_bytes;
    std::pmr::memory_resource* upstream_;
};

} // namespace ebb

#endif // C++20
