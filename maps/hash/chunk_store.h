// chunk_store, chunk_list: where a map of several segments has its chunks from, and what waits for
// the next that are wanted.
//
// Over memory whose blocks grow in place the chunks lie in a few such blocks, in the order that
// alloc/arena/chunk_book.h draws: what has become free waits there, and beyond a limit the chunks
// at the end move into the holes and one call gives the end back; in a saw-tooth more waits
// (swing.h). Over other memory a chunk is a block of its own, and some of those that become free
// wait in a list. Costs: a chunk taken or given back is some 20 instructions, one given back to the
// system a copy of its bytes.
#pragma once

#include <ebb/alloc/arena/chunk_book.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/swing.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace ebb::detail {

/// How much waits: a share of what is used, at least so many chunks. Beyond that all but a part is
/// given back at once.
struct chunk_share {
    std::uint32_t divisor; ///< of what is used,
    std::uint32_t least;   ///< chunks
    std::uint32_t kept;    ///< chunks that stay at least when some are given back

    [[nodiscard]] std::size_t limit(std::size_t used) const noexcept {
        return std::max<std::size_t>(used / divisor, least);
    }
    [[nodiscard]] std::size_t keep(std::size_t used) const noexcept {
        return std::max<std::size_t>(limit(used) / 8, kept);
    }
};

/// Runs of chunks of one size. Holds no memory of its own; `Memory` comes with every call that may
/// need some.
template <class Memory>
class chunk_store {
  public:
    chunk_store() = default;
    chunk_store(chunk_store&& other) noexcept : book_(std::exchange(other.book_, nullptr)) {}
    chunk_store& operator=(chunk_store&&) = delete;

    /// Asked of the memory.
    [[nodiscard]] std::size_t bytes() const noexcept {
        return book_ == nullptr ? 0 : sizeof(watched_book) + book_->bytes();
    }
    [[nodiscard]] std::size_t used() const noexcept { return book_ == nullptr ? 0 : book_->used(); }
    [[nodiscard]] bool owns(const void* p) const noexcept {
        return book_ != nullptr && book_->owns(p);
    }
    [[nodiscard]] std::uint32_t owner_of(const void* run) const noexcept {
        return book_->owner_of(run);
    }
    void set_owner(void* run, std::size_t owner) noexcept {
        book_->set_owner(run, static_cast<std::uint32_t>(owner));
    }

    /// `count` chunks in a row, of so many bytes each. Throws std::bad_alloc, nothing changed.
    [[nodiscard]] void* take(Memory& memory, std::size_t chunk_bytes, std::size_t count,
                             std::size_t owner) {
        const auto n = static_cast<std::uint32_t>(count);
        const auto of = static_cast<std::uint32_t>(owner);
        if (book_ != nullptr) {
            book_->passed += count;
            if (void* const p = book_->take(n, of)) {
                book_->again.served(
                    book_->free(), 0, [&] { return book_->usual; }, book_->passed);
                return p;
            }
            book_->note_missed();
        }
        grow(memory, chunk_bytes, n);
        return book_->take(n, of);
    }
    void give(void* run, std::size_t count) noexcept {
        book_->passed += count;
        book_->give(run, static_cast<std::uint32_t>(count));
    }

    /// Whether more waits than its share, or than its swing.
    [[nodiscard]] bool has_too_much(const chunk_share& share) noexcept {
        return book_ != nullptr && (book_->used() == 0 || book_->free() > book_->may_wait(share));
    }
    /// Gives back what waits beyond the share, a bounded step of it. `Owner::moved(owner, from, to,
    /// count)` moves a run's bytes. Requires: has_too_much.
    template <class Owner>
    [[gnu::noinline]] void give_back(Memory& memory, const chunk_share& share,
                                     Owner& owner) noexcept {
        if (book_->used() == 0) {
            release(memory);
            return;
        }
        cut_to(memory,
               std::max(book_->keep(share),
                        book_->free() - std::min<std::size_t>(book_->free(), most_moved)),
               owner);
        book_->note_given_back();
    }
    /// Slides runs down where no hole holds `count` chunks, and holes are more than one part in
    /// `parts` of what is used.
    template <class Owner>
    void settle(std::size_t count, std::size_t parts, Owner& owner) noexcept {
        if (book_ != nullptr && book_->free() > book_->used() / parts) {
            book_->slide(static_cast<std::uint32_t>(count), &move_of<Owner>, &owner);
        }
    }
    /// All that isn't used. O(bytes).
    template <class Owner>
    void fit(Memory& memory, Owner& owner) noexcept {
        if (used() == 0) {
            release(memory);
            return;
        }
        for (std::size_t before = book_->free() + 1; book_->free() < before;) {
            before = book_->free();
            cut_to(memory, 0, owner);
        }
    }

    /// Requires: nothing is used.
    void release(Memory& memory) noexcept {
        if (book_ == nullptr) {
            return;
        }
        while (book_->blocks() != 0) {
            drop_last(memory);
        }
        memory.template deallocate<alignof(watched_book)>(book_, sizeof(watched_book));
        book_ = nullptr;
    }
    void swap(chunk_store& other) noexcept { std::swap(book_, other.book_); }
    void validate(std::size_t used_chunks) const {
        EBB_CHECK(used() == used_chunks, "hash_map: chunks are lost");
        if (book_ != nullptr) {
            book_->validate();
        }
    }

  private:
    static constexpr std::size_t most_moved = 512;

    // The book, and whether what was given back is wanted again. Its time are chunks that came and
    // went: as many as are used fill the map.
    struct watched_book : chunk_book {
        using chunk_book::chunk_book;

        [[nodiscard]] std::size_t may_wait(const chunk_share& share) noexcept {
            usual = share.limit(used());
            return again.most(free(), usual, used(), passed, used());
        }
        // What stays when some is given back: of a swing nearly all.
        [[nodiscard]] std::size_t keep(const chunk_share& share) const noexcept {
            return again.is_on(passed, used()) ? used() / 7 : share.keep(used());
        }
        void note_given_back() noexcept {
            again.given_back(free(), passed);
            used_then = used();
        }
        // Chunks that a merge wants for a moment aren't what was given back.
        void note_missed() noexcept {
            if (used() > used_then) {
                again.missed(passed, used());
            }
        }

        swing again;
        std::uint64_t passed = 0;
        std::size_t usual = 0;     // what may wait otherwise
        std::size_t used_then = 0; // when some was given back
    };

    void grow(Memory& memory, std::size_t chunk_bytes, std::uint32_t count) {
        if (book_ == nullptr) {
            book_ = std::construct_at(
                static_cast<watched_book*>(
                    memory.template allocate<alignof(watched_book)>(sizeof(watched_book))),
                chunk_bytes);
        }
        const chunk_book::growth by = book_->wanted(count);
        if (by.block != book_->blocks()) {
            const chunk_book::block& b = (*book_)[by.block];
            if (memory.growing().resize(b.at, book_->bytes(b, b.end), book_->bytes(b, by.end),
                                        b.largest)) {
                book_->extend(by);
                return;
            }
        }
        const std::size_t largest = book_->largest_for(count);
        EBB_TRY {
            void* const at =
                memory.growing().allocate_growing(book_->first_bytes(largest, count), largest);
            book_->add(at, largest, count);
        }
        EBB_CATCH(...) {
            if (book_->blocks() == 0) {
                release(memory);
            }
            EBB_RETHROW;
        }
    }

    template <class Owner>
    static void move_of(void* of, std::uint32_t whose, void* from, void* to,
                        std::uint32_t count) noexcept {
        static_cast<Owner*>(of)->moved(whose, from, to, count);
    }

    template <class Owner>
    void cut_to(Memory& memory, std::size_t keep, Owner& owner) noexcept {
        book_->pack(keep, most_moved, &move_of<Owner>, &owner);
        while (book_->blocks() != 0) {
            const chunk_book::block& b = (*book_)[book_->blocks() - 1];
            const std::uint32_t end = book_->end_without(keep);
            if (end == b.end) {
                return;
            }
            if (end == 0) {
                drop_last(memory);
                continue;
            }
            if (memory.growing().resize(b.at, book_->bytes(b, b.end), book_->bytes(b, end),
                                        b.largest)) {
                book_->shorten(end);
            }
            return;
        }
    }

    void drop_last(Memory& memory) noexcept {
        const chunk_book::block b = (*book_)[book_->blocks() - 1];
        std::size_t bytes = book_->bytes(b, b.end);
        book_->shorten(0);
        // Of a short one all but a page first: the memory may keep its pages for the next.
        if (bytes <= 256 * kib && memory.growing().resize(b.at, bytes, 4096, b.largest)) {
            bytes = 4096;
        }
        memory.growing().deallocate_growing(b.at, bytes, b.largest);
    }

    watched_book* book_ = nullptr;
};

/// Single chunks, each a block of the memory's.
template <class Memory, std::size_t Alignment, std::size_t Bytes>
class chunk_list {
  public:
    chunk_list() = default;
    chunk_list(chunk_list&& other) noexcept { swap(other); }
    chunk_list& operator=(chunk_list&&) = delete;

    /// Of the chunks that wait.
    [[nodiscard]] std::size_t bytes() const noexcept { return count_ * Bytes; }

    [[nodiscard]] void* take(Memory& memory) {
        if (first_ == nullptr) {
            return memory.template allocate<Alignment>(Bytes);
        }
        --count_;
        return std::exchange(first_, first_->next);
    }
    /// It waits if `used` others are in use.
    void give(Memory& memory, void* p, std::size_t used, const chunk_share& share) noexcept {
        if constexpr (Bytes >= sizeof(waiting) && Alignment >= alignof(waiting)) {
            if (count_ < share.limit(used)) {
                first_ = std::construct_at(static_cast<waiting*>(p), waiting{first_});
                ++count_;
                return;
            }
        }
        memory.template deallocate<Alignment>(p, Bytes);
    }
    void give_back(Memory& memory, std::size_t used, const chunk_share& share) noexcept {
        if (count_ > share.limit(used) || used == 0) {
            shorten(memory, used == 0 ? 0 : share.keep(used));
        }
    }
    void release(Memory& memory) noexcept { shorten(memory, 0); }
    void swap(chunk_list& other) noexcept {
        std::swap(first_, other.first_);
        std::swap(count_, other.count_);
    }

  private:
    struct waiting {
        waiting* next;
    };
    void shorten(Memory& memory, std::size_t to) noexcept {
        while (count_ > to) {
            --count_;
            memory.template deallocate<Alignment>(std::exchange(first_, first_->next), Bytes);
        }
    }

    waiting* first_ = nullptr;
    std::size_t count_ = 0;
};

} // namespace ebb::detail
