// The central bins: what threads' caches are filled from and emptied into, one for each bin.
//
// A bin keeps a stack of loose slots, which go from thread to thread in batches without touching
// their spans (that is what makes freeing on another thread cheap), and the spans with free slots.
// Slots that lie on the stack longer than purge_ms go to their spans, and pages of the spans that
// hold free slots alone go to the system. One empty span stays with its bin, without its pages.
//
// Cost: a lock a batch. Threads: any.
#pragma once

#include <ebb/alloc/engine/owned.h>
#include <ebb/alloc/engine/span.h>
#include <ebb/alloc/os/lock.h>

#include <cstddef>
#include <cstdint>

namespace ebb::engine {

class alignas(64) central_bin {
  public:
    /// Takes up to `want` slots; at least one, unless there is no memory. Those that were given
    /// last come last.
    std::size_t take(std::size_t bin, void** out, std::size_t want) noexcept;

    /// Gives `count` slots back. Stops the program on a slot that is free in its span already.
    void give(std::size_t bin, void* const* slots, std::size_t count) noexcept;

    /// The same, straight to their spans: for slots that lay unused already.
    void settle_all(std::size_t bin, void* const* slots, std::size_t count) noexcept;

    /// Moves aged loose slots to their spans, and aged pages to the system: `age` in milliseconds,
    /// 0 for all. Returns whether anything waits on.
    bool purge(std::size_t bin, std::uint32_t now, std::uint32_t age) noexcept;

    /// Gives the one empty span that stays to the page heap, too: memory is short.
    void drop_empty() noexcept;

    /// Whether that slot lies loose here.
    [[nodiscard]] bool holds(const void* slot) noexcept;

    struct totals {
        std::uint64_t slots_out = 0;   ///< with threads' caches and the program
        std::uint64_t slots_loose = 0; ///< on the stack
        std::uint64_t slots_free = 0;  ///< in spans
        std::uint64_t span_bytes = 0;  ///< of all spans
    };
    /// Without the lock: exact where nothing moves.
    [[nodiscard]] totals read() const noexcept;

    /// Sets `out[i]` to whether page i of the span holds part of a slot that is out: with a
    /// thread's cache, the program, or loose here.
    void pages_out(const span* s, unsigned char* out) noexcept;

    /// Stops the program unless the spans agree with the counts.
    void validate(std::size_t bin) noexcept;

    void before_fork() noexcept { guard_.acquire(); }
    void after_fork() noexcept { guard_.release(); }
    void in_child() noexcept { guard_.reset(); }

  private:
    void put_back(std::size_t bin, void* slot) noexcept;
    void settle(span* s) noexcept;
    void drop(span* s) noexcept;
    bool purge_spans(std::uint32_t now, std::uint32_t age) noexcept;

    os::lock guard_;
    owned<std::uint32_t> loose_count_;
    std::uint32_t loose_least_ = 0; // the fewest since the last purge: those lay still
    void** loose_ = nullptr;        // in metadata, made at the first give
    intrusive_list<span> partial_;  // spans with free slots that may be taken
    purge_queue queue_;
    std::uint64_t spans_ = 0;
    owned<std::uint64_t> slots_out_; // loose ones included
    owned<std::uint64_t> slots_free_;
    owned<std::uint64_t> span_bytes_;
    span* empty_ = nullptr; // the one empty span that stays
};

/// The process's bins, by number.
extern constinit central_bin central[bin_count];

} // namespace ebb::engine
