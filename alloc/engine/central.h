// The central bins: what threads' caches are filled from and emptied into, one for each bin.
//
// A bin keeps the spans with free slots and a stack of loose slots, which come and go in batches
// without touching their spans (that is what makes freeing on another thread cheap). Pages of its
// spans that hold free slots alone are idle and may go to the system (purge.h says when). One empty
// span stays with its bin.
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

    /// Moves loose slots that nobody took since the last call to their spans; all of them with
    /// `all`. Returns whether some are left.
    bool settle_loose(std::size_t bin, bool all) noexcept;

    /// Gives the system idle pages of its spans, those that waited longest first and at most about
    /// `most` bytes, and only what waited `age` milliseconds. Returns the bytes that it tried to
    /// give. Holds no lock while the system works.
    std::size_t give_back(std::size_t most, std::uint32_t now, std::uint32_t age) noexcept;

    /// Whether pages wait. Any thread; without the lock.
    [[nodiscard]] bool has_waiting() const noexcept { return waiting_spans_.get() != 0; }

    /// Lets give_back() ask again for what the system refused.
    void forget_refusals() noexcept;

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

    struct extent {
        std::uintptr_t base = 0;
        std::size_t bytes = 0;
    };
    /// Sets `out[i]` to whether page i of the span that holds `address` has part of a slot that is
    /// out: with a thread's cache, the program, or loose here. Returns where the span lies; nothing
    /// where it isn't this bin's any more.
    [[nodiscard]] extent pages_out(std::size_t bin, std::uintptr_t address,
                                   unsigned char* out) noexcept;

    /// Stops the program unless the spans agree with the counts.
    void validate(std::size_t bin) noexcept;

  private:
    class page_account;

    void take_from_spans(void** end, std::size_t want, std::size_t& got,
                         std::size_t& fresh_pages) noexcept;
    void make_loose(std::size_t bin) noexcept;
    [[noreturn]] void stop_at_double_free(const void* slot, std::size_t bin) noexcept;
    struct back;
    void put_back(const back& how, void* slot, page_account& account) noexcept;
    void put_all_back(std::size_t bin, void* const* slots, std::size_t count,
                      std::uint32_t now) noexcept;
    void wait_for_purge(span* s, std::uint32_t now) noexcept;
    void stop_waiting(span* s) noexcept;
    [[nodiscard]] span* oldest_waiting(std::uint32_t now, std::uint32_t age) noexcept;
    std::size_t give_back_of(span* s, std::size_t most_pages) noexcept;
    void settle(span* s, page_account& account) noexcept;
    void drop(span* s, page_account& account) noexcept;
    void let_go() noexcept;

    os::lock guard_;
    owned<std::uint32_t> loose_count_;
    std::uint32_t loose_least_ = 0; // the fewest since settle_loose(): those lay still
    bool loose_is_coming_ = false;
    void** loose_ = nullptr;       // in metadata, made at the first give
    intrusive_list<span> partial_; // spans with free slots that may be taken
    purge_queue queue_;            // spans with idle pages
    owned<std::uint32_t> waiting_spans_;
    std::int64_t idle_pages_ = 0;  // of all spans
    intrusive_list<span> leaving_; // dropped under the lock, the page heap's after it
    std::uint64_t spans_ = 0;
    owned<std::uint64_t> slots_out_; // loose ones included
    owned<std::uint64_t> slots_free_;
    owned<std::uint64_t> span_bytes_;
    span* empty_ = nullptr; // the one empty span that stays
};

/// The process's bins, by number.
extern constinit central_bin central[bin_count];

} // namespace ebb::engine
