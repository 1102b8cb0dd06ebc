// chunk_book: which chunks of a few growing blocks are free, and whose the others are. For a
// container that keeps its bytes in chunks of one size, a page or a few, and moves them.
//
// Chunks are served from the bottom, and what is used comes down when much is free, so that the end
// of the last block is all that ever has to be given back. A block, with its part of the book:
//
//     |<---------------------- largest: addresses of the block -------------------->|
//     +-----------+--------+---------+---------+-  -  -+---------+------------------+
//     | free bits | owners | chunk 0 | chunk 1 |       | end - 1 | no memory        |
//     +-----------+--------+---------+---------+-  -  -+---------+------------------+
//      head, whole pages    chunks: free, or a part of a run that somebody owns
//
// A run is one chunk or several in a row, which move together. The first block is 1 MiB of
// addresses long, each further one is twice as long as the one before.
// Costs: a bit and four bytes a chunk. Finding a chunk looks at a bit a chunk, from the lowest that
// may be free on. No system calls: who holds the book maps, resizes and unmaps blocks.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <array>
#include <cstddef>
#include <cstdint>

namespace ebb {

/// Invariants, checked by `validate()`:
///  1. A chunk below its block's end is free, the first of a run that has an owner, or a further
///  one
///     of the run before it; a free one has no owner.
///  2. `free` of a block is its number of free chunks, `low` is not beyond the first of them.
/// Threads: one at a time.
class chunk_book {
  public:
    static constexpr std::uint32_t nobody = 0xffffffff;
    /// Owners are below this.
    static constexpr std::uint32_t most_owners = 0xfffffffe;

    struct block {
        std::byte* at;       ///< the block
        std::size_t largest; ///< its addresses
        std::uint32_t most;  ///< chunks that they have room for
        std::uint32_t end;   ///< chunks that have memory
        std::uint32_t free;  ///< of those below end
        std::uint32_t low;   ///< no chunk before it is free
    };
    /// What a block has to become to serve a take: its number, and its chunks.
    struct growth {
        unsigned block;
        std::uint32_t end;
    };
    /// Moves a run's bytes, and tells its owner.
    using mover = void (*)(void* of, std::uint32_t owner, void* from, void* to,
                           std::uint32_t count) noexcept;

    /// `chunk_bytes`: a power of two, or a multiple of 4096.
    explicit chunk_book(std::size_t chunk_bytes) noexcept : chunk_bytes_(chunk_bytes) {}
    chunk_book(const chunk_book&) = delete;
    chunk_book& operator=(const chunk_book&) = delete;
    ~chunk_book() = default;

    [[nodiscard]] std::size_t chunk_bytes() const noexcept { return chunk_bytes_; }
    [[nodiscard]] std::size_t used() const noexcept { return used_; }
    [[nodiscard]] std::size_t free() const noexcept { return free_; }
    [[nodiscard]] unsigned blocks() const noexcept { return count_; }
    [[nodiscard]] const block& operator[](unsigned n) const noexcept { return blocks_[n]; }
    /// Bytes that a block has with so many chunks.
    [[nodiscard]] std::size_t bytes(const block& b, std::uint32_t end) const noexcept {
        return head_bytes(b.most) + end * chunk_bytes_;
    }
    /// Of all blocks.
    [[nodiscard]] std::size_t bytes() const noexcept;

    /// The lowest free run of `count` chunks, which `owner` has from now on, or null.
    [[nodiscard]] void* take(std::uint32_t count, std::uint32_t owner) noexcept;
    /// Which block a take of `count` chunks needs to grow, or the number of blocks where a new one
    /// is needed.
    [[nodiscard]] growth wanted(std::uint32_t count) const noexcept;
    /// The addresses of a new block that serves a take of `count`.
    [[nodiscard]] std::size_t largest_for(std::uint32_t count) const noexcept;
    /// The bytes that a new block of so many addresses needs to have `count` chunks.
    [[nodiscard]] std::size_t first_bytes(std::size_t largest, std::uint32_t count) const noexcept;
    /// A new block, which has memory for `count` chunks: they are free.
    void add(void* at, std::size_t largest, std::uint32_t count) noexcept;
    /// Requires: the block has memory for so many chunks.
    void extend(const growth& by) noexcept;

    /// Requires: `run` is a run of so many chunks.
    void give(void* run, std::uint32_t count) noexcept;
    void set_owner(void* run, std::uint32_t owner) noexcept;
    [[nodiscard]] std::uint32_t owner_of(const void* run) const noexcept;
    /// Whether it lies in one of the blocks.
    [[nodiscard]] bool owns(const void* p) const noexcept { return find(p) != count_; }

    /// Moves runs from the end to lower places until all but `keep` free chunks are at the end,
    /// `most` chunks have moved, or none fits.
    void pack(std::size_t keep, std::size_t most, mover move, void* of) noexcept;
    /// Where no free run has `count` chunks: slides a few runs together so that one has, if holes
    /// near each other are as many. From and to may overlap.
    void slide(std::uint32_t count, mover move, void* of) noexcept;
    /// Chunks at the end of the last block that are free, as long as `keep` of all are kept: what
    /// the block's end may become.
    [[nodiscard]] std::uint32_t end_without(std::size_t keep) const noexcept;
    /// Requires: the last block's chunks from `end` on are free. The block of none is forgotten.
    void shorten(std::uint32_t end) noexcept;

    void validate() const;

  private:
    static constexpr unsigned most_blocks = 28;
    static constexpr std::size_t first_largest = std::size_t{1} << 20;
    static constexpr std::uint32_t further = 0xfffffffe; // "owner" of a run's chunks but the first

    [[nodiscard]] static std::size_t head_bytes(std::uint32_t most) noexcept;
    [[nodiscard]] std::uint32_t most_in(std::size_t largest) const noexcept;
    [[nodiscard]] static std::uint64_t* bits(const block& b) noexcept {
        return reinterpret_cast<std::uint64_t*>(b.at);
    }
    [[nodiscard]] static std::uint32_t* owners(const block& b) noexcept {
        return reinterpret_cast<std::uint32_t*>(bits(b) + (b.most + 63) / 64);
    }
    [[nodiscard]] std::byte* chunk(const block& b, std::uint32_t i) const noexcept {
        return b.at + head_bytes(b.most) + i * chunk_bytes_;
    }
    [[nodiscard]] std::uint32_t index(const block& b, const void* run) const noexcept;
    [[nodiscard]] unsigned find(const void* p) const noexcept;
    [[nodiscard]] static std::uint32_t next(const block& b, std::uint32_t from,
                                            bool is_free) noexcept;
    [[nodiscard]] static std::uint32_t top(const block& b) noexcept;
    [[nodiscard]] static std::uint32_t free_run(block& b, std::uint32_t count,
                                                std::uint32_t before) noexcept;
    [[nodiscard]] static std::uint32_t best_window(const block& b, std::uint32_t count) noexcept;
    static void mark(block& b, std::uint32_t first, std::uint32_t count, bool is_free) noexcept;
    void put(block& b, std::uint32_t first, std::uint32_t count, std::uint32_t owner) noexcept;

    std::size_t chunk_bytes_;
    std::size_t used_ = 0;
    std::size_t free_ = 0;
    unsigned count_ = 0;
    std::array<block, most_blocks> blocks_{};
};

} // namespace ebb

#endif // C++20
